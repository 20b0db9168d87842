"""PatchTST: attention between patches of steps, of each channel alone.

Nie, Nguyen, Sinthong and Kalagnanam, "A Time Series is Worth 64 Words: Long-term Forecasting with
Transformers", ICLR 2023. Reconstruction and classification as Time-Series-Library has them: the map out leads
to the input's steps, or from all channels to the classes. Shapes: B examples, S steps, N channels, P patches,
M = d_model.
"""

from __future__ import annotations

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from specar.base.errors import SpecarError
from specar.base.strict import Strict
from specar.models.base import ModelOutput
from specar.models.parts import Attention, BatchNorm, EncoderLayer, FullAttention, Stack, normalised
from specar.models.parts_work import full_attention, product
from specar.models.shape import SeriesShape, Work

BATCH_DEPENDENT = "training"  # by the batch norm between the layers


class Config(Strict):
    """The settings of PatchTST."""

    d_model: int = Field(128, ge=1, le=8192, description="values M of a patch")
    n_heads: int = Field(16, ge=1, le=1024, description="heads of the attention, at most d_model")
    e_layers: int = Field(3, ge=1, le=64, description="layers of attention")
    d_ff: int = Field(256, ge=1, le=65_536, description="values inside the feed-forward of a patch")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of values dropped in training")
    patch_len: int = Field(16, ge=1, le=10_000, description="steps of a patch")
    stride: int = Field(
        8, ge=1, le=10_000, description="steps between patches, and of the last value after all"
    )

    @model_validator(mode="after")
    def _heads_have_values(self) -> Config:
        if self.n_heads > self.d_model:
            raise ValueError(f"n_heads is at most d_model, {self.d_model}, not {self.n_heads}")
        return self

    def patches(self, shape: SeriesShape) -> int:
        """Number of patches. SpecarError: the input is shorter than one."""
        beyond = shape.seq_len + self.stride - self.patch_len
        if beyond < 0:
            reach = f"{shape.seq_len} steps and {self.stride} more"
            raise SpecarError(f"patchtst: {reach} are less than a patch of {self.patch_len}")
        return beyond // self.stride + 1


class PatchNorm(BatchNorm):
    """Batch norm of the last dimension of (B, P, M)."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


class PatchTST(nn.Module):
    """The network, for every task that ``shape`` can describe."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.config, self.shape, d_model = config, shape, config.d_model
        count = config.patches(shape)
        self.embedding = nn.Linear(config.patch_len, d_model)
        self.position = nn.Parameter(torch.empty(count, d_model).uniform_(-0.02, 0.02))
        self.dropout = nn.Dropout(config.dropout)
        layers = (
            EncoderLayer(
                Attention(d_model, config.n_heads, FullAttention(config.dropout)),
                *(d_model, config.d_ff, config.dropout),
                PatchNorm,
            )
            for _ in range(config.e_layers)
        )
        self.encoder = Stack(layers, nn.Identity())
        values = count * d_model * (shape.channels if shape.classes else 1)
        self.head = nn.Linear(values, shape.classes or shape.pred_len or shape.seq_len)

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
    ) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes); time features are not used."""
        x, mean, std = normalised(x, observed_mask)
        series = F.pad(x.transpose(1, 2), (0, self.config.stride), mode="replicate")  # (B, N, S + stride)
        patches = series.unfold(2, self.config.patch_len, self.config.stride).flatten(0, 1)  # (B N, P, steps)
        encoded = self.encoder(self.dropout(self.embedding(patches) + self.position))  # (B N, P, M)
        encoded = encoded.flatten(1).unflatten(0, x.shape[::2])  # (B, N, P M)
        if self.shape.classes:
            return ModelOutput(self.head(self.dropout(encoded.flatten(1))))
        return ModelOutput(self.head(encoded).transpose(1, 2) * std + mean)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    return PatchTST(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    d_model, count = config.d_model, config.patches(shape)
    layer = full_attention(config)(count, count)
    layer += product(count, d_model, config.d_ff) + product(count, config.d_ff, d_model)
    total = product(count, config.patch_len, d_model, of_data=True) + layer * config.e_layers
    if shape.classes:
        return total * shape.channels + product(1, shape.channels * count * d_model, shape.classes)
    return (total + product(1, count * d_model, shape.pred_len or shape.seq_len)) * shape.channels
