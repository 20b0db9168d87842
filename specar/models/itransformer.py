"""iTransformer: attention between channels, each of them embedded whole.

Liu, Hu, Zhang, Wu, Wang, Ma and Long, "iTransformer: Inverted Transformers Are Effective for Time Series
Forecasting", ICLR 2024. Reconstruction and classification as Time-Series-Library has them: the map out leads
to the input's steps, or from all channels to the classes. Shapes: B examples, S steps, N channels,
M = d_model.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from specar.base.strict import Strict
from specar.models.base import ModelOutput
from specar.models.parts import Attention, EncoderLayer, FullAttention, Head, Stack, normalised
from specar.models.parts_work import full_attention, product
from specar.models.shape import SeriesShape, Work


class Config(Strict):
    """The settings of iTransformer."""

    d_model: int = Field(512, ge=1, le=8192, description="values M of a channel")
    n_heads: int = Field(8, ge=1, le=1024, description="heads of the attention, at most d_model")
    e_layers: int = Field(2, ge=1, le=64, description="layers of attention")
    d_ff: int = Field(512, ge=1, le=65_536, description="values inside the feed-forward of a channel")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of values dropped in training")

    @model_validator(mode="after")
    def _heads_have_values(self) -> Config:
        if self.n_heads > self.d_model:
            raise ValueError(f"n_heads is at most d_model, {self.d_model}, not {self.n_heads}")
        return self


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


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    return ITransformer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    d_model, count = config.d_model, shape.channels + shape.time_features
    layer = full_attention(config)(count, count)
    layer += product(count, d_model, config.d_ff) + product(count, config.d_ff, d_model)
    head = (shape.channels, d_model, shape.pred_len or shape.seq_len)
    if shape.classes:
        head = (1, shape.channels * d_model, shape.classes)
    return product(count, shape.seq_len, d_model, of_data=True) + layer * config.e_layers + product(*head)
