"""Autoformer: series that are split into season and trend again and again, and compared with their own past.

Wu, Xu, Wang and Long, "Autoformer: Decomposition Transformers with Auto-Correlation for Long-Term Series
Forecasting", NeurIPS 2021; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023).
"""

from __future__ import annotations

import math
from functools import partial

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models import transformer
from specar.models.base import ModelOutput
from specar.models.parts import Attention, Embedding, Head, Stack, decompose, feed_forward, spectrum
from specar.models.parts_work import Works, attention_maps, product, work_of
from specar.models.shape import SeriesShape, Work
from specar.models.transformer import Cores, decoder_times

BATCH_DEPENDENT = "training"  # there the delays are those of the batch
FUTURE_TIME = True
RELEASED = (
    (r"^(en|de)coder\.norm\.layernorm\.", r"\1coder.end.norm."),
    (r"^decoder\.projection\.", "decoder.head."),
    (r"^(decoder\.layers\.\d+)\.projection\.", r"\1.trend."),
    *transformer.RELEASED,
)
RELEASED_UNUSED = transformer.RELEASED_UNUSED


class DecompositionConfig(transformer.Config):
    """What all that decompose have for settings."""

    moving_avg: int = Field(25, ge=1, le=10_001, description="steps of the moving average, an odd number")

    @field_validator("moving_avg")
    @classmethod
    def _odd(cls, steps: int) -> int:
        if steps % 2 == 0:
            raise ValueError(f"it is an odd number of steps, not {steps}")
        return steps


class Config(DecompositionConfig):
    """The settings of Autoformer."""

    factor: int = Field(1, ge=1, le=10_000, description="times log of the steps: the delays taken")


class AutoCorrelation(nn.Module):
    """Mean of the values at the delays at which queries and keys agree most, weighted by how much they do.

    The delays are those of each example, in training those of the whole batch.
    """

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(B, H, L, E), (B, H, S, E), (B, H, S, E) to (B, H, L, E)."""
        steps = q.shape[2]
        k, v = (_with_steps(part, steps) for part in (k, v))
        agreement = torch.fft.irfft(
            (spectrum(q) * spectrum(k).conj()).mean(dim=(1, 3))
        )  # (B, L), or as in the authors' code L - 1 where L is odd
        number = min(int(self.factor * math.log(steps)), agreement.shape[1])
        ranked = agreement.mean(dim=0, keepdim=True) if self.training else agreement
        delays = ranked.topk(number).indices.expand(len(q), -1)  # (B, number)
        weights = agreement.gather(1, delays).softmax(dim=1)
        kernel = weights.new_zeros(len(q), steps).scatter(1, delays, weights)
        delayed = spectrum(v) * torch.fft.rfft(kernel)[:, None, :, None].conj()
        return torch.fft.irfft(delayed, n=steps, dim=2).to(q.dtype)


def _with_steps(x: Tensor, steps: int) -> Tensor:
    """The first steps of (B, H, S, E); zeros follow where there are fewer."""
    return F.pad(x, (0, 0, 0, steps - x.shape[2]))


class SeasonalNorm(nn.Module):
    """Layer norm of (B, T, M) without its mean over time."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(d_model)

    def forward(self, x: Tensor) -> Tensor:
        normed: Tensor = self.norm(x)
        return normed - normed.mean(dim=1, keepdim=True)


class SeasonalEncoderLayer(nn.Module):
    """Attention and feed-forward, each followed by a decomposition that keeps the season: (B, S, M) to it."""

    def __init__(self, attention: Attention, config: DecompositionConfig) -> None:
        super().__init__()
        self.attention, self.moving_avg = attention, config.moving_avg
        self.feed_forward = feed_forward(config.d_model, config.d_ff, config.dropout, bias=False)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x, _ = decompose(x + self.dropout(self.attention(x, x)), self.moving_avg)
        x, _ = decompose(x + self.feed_forward(x), self.moving_avg)
        return x


class SeasonalDecoderLayer(nn.Module):
    """The same with attention to the encoder's output in between; the trends that it finds are added up."""

    def __init__(
        self, attention: Attention, cross: Attention, config: DecompositionConfig, channels: int
    ) -> None:
        super().__init__()
        self.attention, self.cross, self.moving_avg = attention, cross, config.moving_avg
        self.feed_forward = feed_forward(config.d_model, config.d_ff, config.dropout, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        self.trend = nn.Conv1d(config.d_model, channels, 3, padding=1, padding_mode="circular", bias=False)

    def forward(self, x: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L, M), (B, S, M) to the season (B, L, M) and the trend of the channels (B, L, N)."""
        x, first = decompose(x + self.dropout(self.attention(x, x)), self.moving_avg)
        x, second = decompose(x + self.dropout(self.cross(x, asked)), self.moving_avg)
        x, third = decompose(x + self.feed_forward(x), self.moving_avg)
        return x, self.trend((first + second + third).transpose(1, 2)).transpose(1, 2)


class SeasonalDecoder(nn.Module):
    """Decoder layers, and the sum of what they say of season and trend."""

    def __init__(self, layers: list[SeasonalDecoderLayer], d_model: int, channels: int) -> None:
        super().__init__()
        self.layers, self.end = nn.ModuleList(layers), SeasonalNorm(d_model)
        self.head = nn.Linear(d_model, channels)

    def forward(self, x: Tensor, asked: Tensor, trend: Tensor) -> Tensor:
        """(B, L, M), (B, S, M), (B, L, N) to (B, L, N)."""
        for layer in self.layers:
            x, more = layer(x, asked)
            trend = trend + more
        return trend + self.head(self.end(x))


class Autoformer(nn.Module):
    """The network, for every task that ``shape`` can describe; all layers share ``cores``."""

    def __init__(
        self, config: DecompositionConfig, shape: SeriesShape, cores: Cores, position: bool = False
    ) -> None:
        super().__init__()
        self.shape, self.moving_avg, self.label_len = shape, config.moving_avg, config.label(shape)
        d_model, heads, channels = config.d_model, config.n_heads, shape.channels
        sizes = (channels, d_model, shape.time_features, config.dropout, position)
        self.embedding = Embedding(*sizes)
        attentions = (Attention(d_model, heads, cores.encoder) for _ in range(config.e_layers))
        layers = [SeasonalEncoderLayer(attention, config) for attention in attentions]
        self.encoder = Stack(layers, SeasonalNorm(d_model))
        if not shape.pred_len:
            self.head = Head(d_model, shape, config.dropout)
            return
        self.decoder_embedding = Embedding(*sizes)
        decoder_layers = [
            SeasonalDecoderLayer(
                Attention(d_model, heads, cores.decoder),
                Attention(d_model, heads, cores.cross),
                config,
                channels,
            )
            for _ in range(config.d_layers)
        ]
        self.decoder = SeasonalDecoder(decoder_layers, d_model, channels)

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
        encoded = self.encoder(self.embedding(x, time_features))  # (B, S, M)
        if not self.shape.pred_len:
            return ModelOutput(self.head(encoded, padding_mask))
        start, steps = x.shape[1] - self.label_len, self.shape.pred_len
        season, trend = (part[:, start:] for part in decompose(x, self.moving_avg))
        mean = x.mean(dim=1, keepdim=True).expand(-1, steps, -1)
        times = decoder_times(time_features, future_time_features, self.label_len)
        embedded = self.decoder_embedding(F.pad(season, (0, 0, 0, steps)), times)  # (B, label_len + H, M)
        output = self.decoder(embedded, encoded, torch.cat([trend, mean], dim=1))
        return ModelOutput(output[:, self.label_len :])


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    core = AutoCorrelation(config.factor)
    return Autoformer(config, shape, Cores(core, core, core))


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds but for the Fourier transforms."""
    maps = partial(attention_maps, config)
    return work_of(config, shape, Works(maps, maps, maps)) + trend_work(config, shape)


def trend_work(config: DecompositionConfig, shape: SeriesShape) -> Work:
    """Work of the maps from the decoder's trends to the channels."""
    steps = (config.label(shape) + shape.pred_len) * bool(shape.pred_len)
    return product(steps, 3 * config.d_model, shape.channels) * config.d_layers
