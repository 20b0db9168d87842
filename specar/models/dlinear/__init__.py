"""DLinear: two linear maps over time, of a moving average and of what it leaves, shared by all channels.

Zeng, Chen, Zhang and Xu, "Are Transformers Effective for Time Series Forecasting?", AAAI 2023. Reconstruction
and classification as in the comparison of TimesNet (Wu et al., ICLR 2023): the maps lead from the input to
itself, and a linear map of all their values to the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from specar.base.strict import Strict
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

RELEASED = ((r"^Linear_Seasonal", "seasonal"), (r"^Linear_Trend", "trend"), (r"^projection", "head"))


class Config(Strict):
    """The settings of DLinear."""

    moving_avg: int = Field(25, ge=1, le=10_001, description="steps of the moving average, an odd number")

    @field_validator("moving_avg")
    @classmethod
    def _odd(cls, steps: int) -> int:
        if steps % 2 == 0:
            raise ValueError(f"it is an odd number of steps, not {steps}")
        return steps


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
