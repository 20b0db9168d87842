"""SpecAR-Net, by the paper's equations or by the authors' released code. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specar.models.shape import SeriesShape
from specar.models.specar.config import SpecARConfig as Config
from specar.models.specar.released import RELEASED, RELEASED_UNUSED, released_config
from specar.models.specar.work import work

if TYPE_CHECKING:
    from torch import nn

__all__ = ["RELEASED", "RELEASED_UNUSED", "Config", "build", "released_config", "work"]


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network; what every model module offers."""
    from specar.models.specar.net import SpecARNet

    return SpecARNet(config, shape)
