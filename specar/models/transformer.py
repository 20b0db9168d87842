"""Transformer: an encoder of the look-back window and a decoder of what follows it, with full attention.

Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin, "Attention Is All You Need", NeurIPS
2017. The decoder gets the last steps of the window and zeros, as Informer's does (Zhou et al., AAAI 2021);
reconstruction and classification are as in the comparison of TimesNet (Wu et al., ICLR 2023): a linear map
of the encoder's output.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.base.strict import Strict
from specar.models.base import ModelOutput
from specar.models.parts import (
    Attention,
    DecoderLayer,
    Embedding,
    EncoderLayer,
    FullAttention,
    Head,
    Scaling,
    Stack,
    label_and_zeros,
)
from specar.models.parts_work import Works, full_attention, work_of
from specar.models.shape import SeriesShape, Work

FUTURE_TIME = True
RELEASED = (
    (r"^enc_embedding\.", "embedding."),
    (r"^dec_embedding\.", "decoder_embedding."),
    (r"value_embedding\.tokenConv", "value"),
    (r"temporal_embedding\.embed", "time"),
    (r"^encoder\.attn_layers\.", "encoder.layers."),
    (r"^encoder\.norm\.", "encoder.end."),
    (r"^decoder\.norm\.", "decoder.end.0."),
    (r"^decoder\.projection\.", "decoder.end.1."),
    (r"^projection\.", "head.linear."),
    (r"\.self_attention\.", ".attention."),
    (r"\.cross_attention\.", ".cross."),
    (r"\.(query|key|value|out)_projection\.", r".\1."),
    (r"\.conv1\.", ".feed_forward.0."),
    (r"\.conv2\.", ".feed_forward.3."),
)
RELEASED_UNUSED = r"^decoder|\.time\."  # made there also for tasks without forecast or time features


class Config(Strict):
    """The settings of the Transformer."""

    d_model: int = Field(512, ge=1, le=8192, description="values M of a step")
    n_heads: int = Field(8, ge=1, le=1024, description="heads of the attention, at most d_model")
    e_layers: int = Field(5, ge=1, le=64, description="layers of the encoder")
    d_layers: int = Field(1, ge=1, le=64, description="layers of the decoder, for forecasts")
    d_ff: int = Field(2048, ge=1, le=65_536, description="values inside the feed-forward of a step")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of values dropped in training")
    label_len: int | None = Field(
        None,
        ge=0,
        le=100_000,
        description="last steps of the input that the decoder sees; null: half of them",
    )

    @model_validator(mode="after")
    def _heads_have_values(self) -> Config:
        if self.n_heads > self.d_model:
            raise ValueError(f"n_heads is at most d_model, {self.d_model}, not {self.n_heads}")
        return self

    def label(self, shape: SeriesShape) -> int:
        """Steps of the input that the decoder sees. SpecarError: there are not as many."""
        label_len = shape.seq_len // 2 if self.label_len is None else self.label_len
        if shape.pred_len and label_len > shape.seq_len:
            raise SpecarError(f"label_len is {label_len}, more than the {shape.seq_len} steps of the input")
        return label_len


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


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    full, causal = FullAttention(config.dropout), FullAttention(config.dropout, causal=True)
    return Transformer(config, shape, Cores(full, causal, full))


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    return work_of(config, shape, Works(*[full_attention(config)] * 3))
