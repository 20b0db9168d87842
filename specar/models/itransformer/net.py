"""The network of iTransformer. Shapes: B examples, S steps, N channels, M = d_model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from specar.models.base import ModelOutput
from specar.models.parts import Attention, EncoderLayer, FullAttention, Head, Stack, normalised
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.itransformer import Config


class ITransformer(nn.Module):
    """The network, for every task that ``shape`` can describe."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.shape, d_model = shape, config.d_model
        self.embedding = nn.Linear(shape.seq_len, d_model)
        self.dropout = nn.Dropout(config.dropout)
        layers = (
            EncoderLayer(
                Attention(d_model, config.n_heads, FullAttention(config.dropout)),
                *(d_model, config.d_ff, config.dropout),
            )
            for _ in range(config.e_layers)
        )
        self.encoder = Stack(layers, nn.LayerNorm(d_model))
        self.head = Head(d_model, _turned(shape), config.dropout)

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
    ) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes); time features are channels more."""
        if self.shape.classes:
            return ModelOutput(self.head(self._encode(x)))
        x, mean, std = normalised(x, observed_mask)
        known = x if time_features is None else torch.cat([x, time_features.to(x.dtype)], dim=2)
        output = self.head(self._encode(known)[:, : self.shape.channels])  # (B, N, H or S)
        return ModelOutput(output.transpose(1, 2) * std + mean)

    def _encode(self, x: Tensor) -> Tensor:
        return self.encoder(self.dropout(self.embedding(x.transpose(1, 2))))  # (B, N, M)


def _turned(shape: SeriesShape) -> SeriesShape:
    """The shape with channels as steps."""
    return replace(shape, seq_len=shape.channels, channels=shape.pred_len or shape.seq_len)
