"""The network of PatchTST. Shapes: B examples, S steps, N channels, P patches, M = d_model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.base import ModelOutput
from specar.models.parts import Attention, BatchNorm, EncoderLayer, FullAttention, Stack, normalised
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.patchtst import Config


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
