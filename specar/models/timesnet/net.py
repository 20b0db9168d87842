"""The network of TimesNet. Shapes: B examples, T steps, M = d_model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.base import ModelOutput
from specar.models.parts import Embedding, Head, normalised, spectrum
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.timesnet import Config


class Inception(nn.Module):
    """The mean of convolutions of sizes 1, 3, 5, …: one convolution with the mean of their kernels."""

    def __init__(self, inputs: int, outputs: int, number: int) -> None:
        super().__init__()
        convolutions = [nn.Conv2d(inputs, outputs, 2 * reach + 1) for reach in range(number)]
        for convolution in convolutions:
            nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(convolution.get_parameter("bias"))
        self.kernels = nn.ModuleList(convolutions)

    def forward(self, plane: Tensor) -> Tensor:
        """(B, inputs, rows, columns) to (B, outputs, rows, columns)."""
        reach, convolutions = len(self.kernels) - 1, list(enumerate(self.kernels))
        weight = torch.stack(
            [F.pad(one.get_parameter("weight"), [reach - inner] * 4) for inner, one in convolutions]
        ).mean(0)
        bias = torch.stack([one.get_parameter("bias") for _, one in convolutions]).mean(0)
        # Taps further off than the plane is long meet nothing.
        rows, columns = (min(reach, length - 1) for length in plane.shape[2:])
        weight = weight[:, :, reach - rows : reach + rows + 1, reach - columns : reach + columns + 1]
        return F.conv2d(plane, weight, bias, padding=(rows, columns))


class TimesBlock(nn.Module):
    """Convolutions over the planes of the strongest periods, weighted by how strong they are: (B, T, M)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.top_k = config.top_k
        ends, number = (config.d_model, config.d_ff), config.num_kernels
        self.conv = nn.Sequential(Inception(*ends, number), nn.GELU(), Inception(*ends[::-1], number))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, M) to the same shape; periods are those of the whole batch."""
        steps = x.shape[1]
        amplitudes = spectrum(x, dim=1).abs()[:, 1:]  # (B, T // 2, M), without the mean
        top = amplitudes.detach().mean((0, 2)).topk(min(self.top_k, steps // 2)).indices
        weights = amplitudes.mean(2)[:, top].softmax(1)  # (B, k)
        periods = [steps // (1 + frequency) for frequency in top.tolist()]
        mixed = x
        for period in dict.fromkeys(periods):  # planes of frequencies that share a period are equal
            share = weights[:, [one == period for one in periods]].sum(1)
            mixed = mixed + share[:, None, None] * self._plane(x, period)
        return mixed

    def _plane(self, x: Tensor, period: int) -> Tensor:
        """Run the convolutions on (B, M, rows, period); zeros complete the last row."""
        plane = F.pad(x, (0, 0, 0, -x.shape[1] % period)).unflatten(1, (-1, period)).permute(0, 3, 1, 2)
        return self.conv(plane).permute(0, 2, 3, 1).flatten(1, 2)[:, : x.shape[1]]


class TimesNet(nn.Module):
    """The network, for every task that ``shape`` can describe."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.shape, d_model = shape, config.d_model
        self.embedding = Embedding(shape.channels, d_model, shape.time_features, config.dropout)
        self.extend = nn.Linear(shape.seq_len, shape.steps) if shape.pred_len else None
        self.blocks = nn.ModuleList(TimesBlock(config) for _ in range(config.e_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = Head(d_model, shape, config.dropout)

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
    ) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes)."""
        if self.shape.classes:
            return ModelOutput(self.head(self.encode(x), padding_mask))
        x, mean, std = normalised(x, observed_mask)
        output = self.head(self.encode(x, time_features)) * std + mean  # (B, T, N)
        return ModelOutput(output[:, -self.shape.pred_len :])

    def encode(self, x: Tensor, time_features: Tensor | None = None) -> Tensor:
        """(B, S, N) to (B, T, M)."""
        x = self.embedding(x, time_features)
        if self.extend is not None:
            x = self.extend(x.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = self.norm(block(x))
        return x
