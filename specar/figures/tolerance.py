"""How far a reproduced result may lie from the published one to count as the same in a figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from specar.tables.metrics import METRICS


@dataclass(frozen=True)
class Tolerance:
    """Half the width of the shaded band: a share of the published value, and an amount in its unit."""

    text: str
    share: float = 0.0
    amount: float = 0.0

    def at(self, published: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the half width at published values."""
        values = np.abs(np.asarray(published, dtype=np.float64))
        return np.add(self.share * values, self.amount)


_PERCENT = Tolerance("±3 %", share=0.03)
_POINT = Tolerance("±1 point", amount=1.0)
_SMAPE = Tolerance("±0.3", amount=0.3)


def tolerance_of(metric: str) -> Tolerance:
    """Return the tolerance of a metric."""
    if metric == "smape":
        return _SMAPE
    return _POINT if METRICS[metric].percent else _PERCENT


def tolerances_in_words(metrics: Iterable[str]) -> str:
    """Return the tolerances of ``metrics``, each once, with their metrics where they differ."""
    names: dict[str, list[str]] = {}
    for metric in metrics:
        names.setdefault(tolerance_of(metric).text, []).append(METRICS[metric].label)
    if len(names) == 1:
        return next(iter(names))
    return ", ".join(f"{text} ({' and '.join(labels)})" for text, labels in names.items())
