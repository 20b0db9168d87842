"""specar: a reproducibility pipeline for SpecAR-Net (IJCAI 2024)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specar.models.released import from_released
    from specar.models.specar.block import SpecARBlock
    from specar.models.specar.net import SpecARNet
    from specar.results.ledger import load_results

__version__ = "0.1.0"
__all__ = ["SpecARBlock", "SpecARNet", "from_released", "load_results"]

_HOMES = {
    "SpecARBlock": "specar.models.specar.block",
    "SpecARNet": "specar.models.specar.net",
    "from_released": "specar.models.released",
    "load_results": "specar.results.ledger",
}


def __getattr__(name: str) -> Any:
    # When asked for: every job imports this package, and few need torch.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
