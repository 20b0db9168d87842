"""The network of DLinear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from specar.models.base import ModelOutput
from specar.models.parts import decompose
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.dlinear import Config


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
