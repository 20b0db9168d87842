"""DLinear: two linear maps over time, of a moving average and of what it leaves, shared by all channels.

Zeng, Chen, Zhang and Xu, "Are Transformers Effective for Time Series Forecasting?", AAAI 2023. Reconstruction
and classification as in the comparison of TimesNet (Wu et al., ICLR 2023): the maps lead from the input to
itself, and a linear map of all their values to the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specar.base.strict import Strict
from specar.models.settings import MovingAverage
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

RELEASED = ((r"^Linear_Seasonal", "seasonal"), (r"^Linear_Trend", "trend"), (r"^projection", "head"))


class Config(Strict):
    """The settings of DLinear."""

    moving_avg: MovingAverage = 25


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.dlinear.net import DLinear

    return DLinear(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds of the linear maps; the gradient of the data is not needed."""
    steps = shape.pred_len or shape.seq_len
    maps, head = 2 * shape.channels * shape.seq_len * steps, shape.channels * steps * shape.classes
    elements = shape.channels * (2 * shape.seq_len + steps) + shape.classes
    return Work(maps + head, 2 * maps + 3 * head, elements)
