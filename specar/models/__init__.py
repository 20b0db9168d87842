"""Models: a module or folder each, with ``build(config, shape)``; ``model.name`` selects it.

Imports nothing heavy: what a model is built of comes with its module.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from specar.base.errors import SpecarError

if TYPE_CHECKING:
    from torch import nn

    from specar.config.settings import ModelConfig
    from specar.models.shape import SeriesShape


def build_model(config: ModelConfig, shape: SeriesShape) -> nn.Module:
    """Build the model that ``config.name`` names: a module of ``specar.models``, or a dotted module path.

    Raises
    ------
    SpecarError
        There is no such module, or it has no ``build``.
    """
    path = config.name if "." in config.name else f"{__name__}.{config.name}"
    try:
        module = importlib.import_module(path)
    except ModuleNotFoundError as error:
        raise SpecarError(
            f"model {config.name!r}: {error}; give a module of specar.models or a dotted path"
        ) from error
    if not hasattr(module, "build"):
        raise SpecarError(f"model {config.name!r}: module {path} has no build(config, shape)")
    model: nn.Module = module.build(config, shape)
    return model
