"""TimesNet: a series as planes, one period after another in rows, and convolutions over both.

Wu, Hu, Liu, Zhou, Wang and Long, "TimesNet: Temporal 2D-Variation Modeling for General Time Series Analysis",
ICLR 2023. Shapes: B examples, T steps, M = d_model.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from specar.base.strict import Strict
from specar.models.base import ModelOutput
from specar.models.parts import Embedding, Head, normalised, spectrum
from specar.models.shape import SeriesShape, Work
from specar.models.specar.work import ends_work, learned, taps

BATCH_DEPENDENT = True  # periods are those of the mean spectrum of the batch
RELEASED = (
    (r"^enc_embedding\.value_embedding\.tokenConv\.", "embedding.value."),
    (r"^enc_embedding\.temporal_embedding\.embed\.", "embedding.time."),
    (r"^predict_linear\.", "extend."),
    (r"^model\.(\d+)\.conv\.", r"blocks.\1.conv."),
    (r"^layer_norm\.", "norm."),
    (r"^projection\.", "head.linear."),
)
RELEASED_UNUSED = r"^embedding\.time\."


class Config(Strict):
    """The settings of TimesNet."""

    d_model: int = Field(512, ge=1, le=8192, description="channels M of the embedding")
    d_ff: int = Field(2048, ge=1, le=8192, description="channels between the two convolutions of a block")
    e_layers: int = Field(5, ge=1, le=64, description="number of blocks")
    top_k: int = Field(5, ge=1, le=1000, description="number of periods, of short series all that there are")
    num_kernels: int = Field(6, ge=1, le=64, description="kernels of 1, 3, 5, … steps that are averaged")
    dropout: float = Field(0.1, ge=0, lt=1)


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


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    return TimesNet(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds, with the lowest frequencies: which ones are strongest is up to the data."""
    total, size = ends_work(config.d_model, shape), 2 * config.num_kernels - 1
    frequencies = range(1, min(config.top_k, shape.steps // 2) + 1)
    for period in {shape.steps // frequency for frequency in frequencies}:
        rows = -(-shape.steps // period)
        places = taps(size, 1, rows) * taps(size, 1, period)
        values = rows * period * (config.d_model + config.d_ff)
        total += learned(2 * config.d_model * config.d_ff * places, values) * config.e_layers
    return total
