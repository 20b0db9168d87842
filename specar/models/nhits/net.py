"""The network of N-HiTS. Shapes: B examples, S steps, N channels, K knots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.nbeats.net import Block, DoublyResidual, Expansion
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.nbeats import BlockSize
    from specar.models.nhits import Config


def nhits(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    blocks = (
        _block(pool, size, shape)
        for pool, size in zip(config.pool, config.sizes(shape), strict=True)
        for _ in range(config.blocks)
    )
    return DoublyResidual(blocks, config.normalise)


def _block(pool: int, size: BlockSize, shape: SeriesShape) -> nn.Module:
    """A block that sees the largest of every ``pool`` steps; the last ones may be fewer."""
    ends = ((shape.seq_len, size.backcast), (shape.pred_len, size.forecast))
    bases = [(steps, None if knots is None else interpolation(knots, steps)) for steps, knots in ends]
    backcast, forecast = (Expansion(size.layers[-1], *one) for one in bases)
    pooling = nn.MaxPool1d(min(pool, shape.seq_len), ceil_mode=True)
    return nn.Sequential(pooling, Block([size.inputs, *size.layers], backcast, forecast))


def interpolation(knots: int, steps: int) -> Tensor:
    """What each knot, from the first step to the last, gives to each step, (K, T); a single one gives itself.

    A product with it has a deterministic gradient on CUDA, and `torch.nn.functional.interpolate` has none.
    """
    return F.interpolate(torch.eye(knots)[None], steps, mode="linear", align_corners=True)[0]
