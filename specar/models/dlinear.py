"""DLinear: two linear maps over time, of a moving average and of what it leaves, shared by all channels.

Zeng, Chen, Zhang and Xu, "Are Transformers Effective for Time Series Forecasting?", AAAI 2023. Reconstruction
and classification as in the comparison of TimesNet (Wu et al., ICLR 2023): the maps lead from the input to
itself, and a linear map of all their values to the classes.
"""

from __future__ import annotations

from pydantic import Field, field_validator
from torch import Tensor, nn

from specar.base.strict import Strict
from specar.models.base import ModelOutput
from specar.models.parts import decompose
from specar.models.shape import SeriesShape, Work

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


class DLinear(nn.Module):
    """The network, for every task that ``shape`` can describe."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.moving_avg = config.moving_avg
        steps = shape.pred_len or shape.seq_len
        self.seasonal, self.trend = (nn.Linear(shape.seq_len, steps) for _ in range(2))
        for linear in (self.seasonal, self.trend):  # both begin as the mean of the input
            nn.init.constant_(linear.weight, 1 / shape.seq_len)
        self.head = nn.Linear(shape.channels * steps, shape.classes) if shape.classes else None

    def forward(self, x: Tensor, *_: Tensor | None, **__: Tensor | None) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes); nothing but the values is used."""
        seasonal, trend = (part.transpose(1, 2) for part in decompose(x, self.moving_avg))  # (B, N, S)
        output = (self.seasonal(seasonal) + self.trend(trend)).transpose(1, 2)
        return ModelOutput(output if self.head is None else self.head(output.flatten(1)))


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    return DLinear(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds of the linear maps; the gradient of the data is not needed."""
    steps = shape.pred_len or shape.seq_len
    maps, head = 2 * shape.channels * shape.seq_len * steps, shape.channels * steps * shape.classes
    elements = shape.channels * (2 * shape.seq_len + steps) + shape.classes
    return Work(maps + head, 2 * maps + 3 * head, elements)
