"""The network of the Transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.models.base import ModelOutput
from specar.models.parts import (
    Attention,
    DecoderLayer,
    Embedding,
    EncoderLayer,
    Head,
    Scaling,
    Stack,
    label_and_zeros,
)
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.transformer import Config


class Cores(NamedTuple):
    """What the layers do with queries, keys and values: the encoder's, the decoder's, and between the two."""

    encoder: nn.Module
    decoder: nn.Module
    cross: nn.Module


class Transformer(nn.Module):
    """The network, for every task that ``shape`` can describe; all layers share ``cores``."""

    def __init__(self, config: Config, shape: SeriesShape, cores: Cores) -> None:
        super().__init__()
        self.shape, self.label_len = shape, config.label(shape)
        d_model, dropout, heads = config.d_model, config.dropout, config.n_heads
        sizes = (d_model, config.d_ff, dropout)
        self.embedding = Embedding(shape.channels, d_model, shape.time_features, dropout)
        layers = (
            EncoderLayer(Attention(d_model, heads, cores.encoder), *sizes) for _ in range(config.e_layers)
        )
        self.encoder = Stack(layers, nn.LayerNorm(d_model))
        if not shape.pred_len:
            self.head = Head(d_model, shape, dropout)
            return
        self.decoder_embedding = Embedding(shape.channels, d_model, shape.time_features, dropout)
        decoder_layers = (
            DecoderLayer(
                Attention(d_model, heads, cores.decoder), Attention(d_model, heads, cores.cross), *sizes
            )
            for _ in range(config.d_layers)
        )
        end = nn.Sequential(nn.LayerNorm(d_model), nn.Linear(d_model, shape.channels))
        self.decoder = Stack(decoder_layers, end)

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
        future_time_features: Tensor | None = None,
    ) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes); the README of the models says the rest."""
        if observed_mask is not None:
            x = x.masked_fill(observed_mask == 0, 0)
        return ModelOutput(self.outputs(x, time_features, padding_mask, future_time_features))

    def outputs(
        self,
        x: Tensor,
        time_features: Tensor | None,
        padding_mask: Tensor | None,
        future_time_features: Tensor | None,
        scaling: Scaling | None = None,
    ) -> Tensor:
        """Encode, and decode or map."""
        encoded = self.encode(self.embedding(x, time_features), scaling)  # (B, S, M)
        if not self.shape.pred_len:
            return self.head(encoded, padding_mask)
        return self.decode(
            x, encoded, decoder_times(time_features, future_time_features, self.label_len), scaling
        )

    def decode(
        self, x: Tensor, encoded: Tensor, times: Tensor | None = None, scaling: Scaling | None = None
    ) -> Tensor:
        """Forecast (B, H, N) from the input, what the encoder made of it, and the decoder's time features."""
        seen = label_and_zeros(x, self.label_len, self.shape.pred_len)  # (B, label_len + H, N)
        return self.decoder(self.decoder_embedding(seen, times), encoded, scaling)[:, self.label_len :]

    def encode(self, x: Tensor, scaling: Scaling | None = None) -> Tensor:
        """(B, S, M) to the same; what overrides it may return fewer steps."""
        return self.encoder(x, scaling)


def decoder_times(past: Tensor | None, future: Tensor | None, label_len: int) -> Tensor | None:
    """Time features of the steps that the decoder gets, (B, label_len + H, features).

    Raises
    ------
    SpecarError
        There are some of the past, but none of the future.
    """
    if past is None:
        return None
    if future is None:
        raise SpecarError("the decoder needs future_time_features (B, H, features) beside time_features")
    return torch.cat([past[:, past.shape[1] - label_len :], future], dim=1)
