"""SpecAR-Net, by the paper's equations or by the authors' released code. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from specar.config.settings import ModelConfig
    from specar.models.shape import SeriesShape


def build(config: ModelConfig, shape: SeriesShape) -> nn.Module:
    """Build the network; what every model module offers."""
    from specar.models.specar.net import SpecARNet

    return SpecARNet(config, shape)
