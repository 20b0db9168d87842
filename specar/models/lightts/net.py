"""The network of LightTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.lightts import Config


class Exchange(nn.Module):
    """Information exchange along each column, and between columns: (B, inputs, C) to (B, outputs, C)."""

    def __init__(self, inputs: int, hidden: int, outputs: int, columns: int) -> None:
        super().__init__()
        inner = hidden // 4
        self.spatial_proj = nn.Sequential(nn.Linear(inputs, hidden), nn.LeakyReLU(), nn.Linear(hidden, inner))
        self.channel_proj = nn.Linear(columns, columns)
        nn.init.eye_(self.channel_proj.weight)
        self.output_proj = nn.Linear(inner, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.spatial_proj(x.transpose(1, 2)).transpose(1, 2)  # (B, inner, C)
        x = x + self.channel_proj(x)
        return self.output_proj(x.transpose(1, 2)).transpose(1, 2)


class LightTS(nn.Module):
    """The network, for every task that ``shape`` can describe."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.size, self.number = config.chunks(shape)
        steps, features = shape.pred_len or shape.seq_len, config.d_model // 4
        self.layer_1, self.layer_2 = (Exchange(self.size, features, features, self.number) for _ in range(2))
        self.chunk_proj_1, self.chunk_proj_2 = (nn.Linear(self.number, 1) for _ in range(2))
        self.layer_3 = Exchange(2 * features, config.d_model // 2, steps, shape.channels)
        self.ar = nn.Linear(self.size * self.number, steps)
        self.projection = nn.Linear(shape.channels * steps, shape.classes) if shape.classes else None

    def forward(self, x: Tensor, *_: Tensor | None, **__: Tensor | None) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes); nothing but the values is used."""
        x = nn.functional.pad(x.transpose(1, 2), (0, self.size * self.number - x.shape[1]))
        rows = x.flatten(0, 1)  # (B N, chunks size)
        near = rows.unflatten(1, (self.number, self.size)).transpose(1, 2)  # a column is a chunk
        far = rows.unflatten(1, (self.size, self.number))  # a column are the steps that far apart
        sampled = [self.chunk_proj_1(self.layer_1(near)), self.chunk_proj_2(self.layer_2(far))]
        features = torch.cat(sampled, dim=1).view(*x.shape[:2], -1)  # (B, N, features)
        output = self.layer_3(features.transpose(1, 2)) + self.ar(x).transpose(1, 2)
        return ModelOutput(output if self.projection is None else self.projection(output.flatten(1)))
