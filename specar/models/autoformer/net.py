"""The network of Autoformer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.base import ModelOutput
from specar.models.parts import Attention, Embedding, Head, Stack, decompose, feed_forward, spectrum
from specar.models.shape import SeriesShape
from specar.models.transformer.net import Cores, decoder_times

if TYPE_CHECKING:
    from specar.models.autoformer import DecompositionConfig


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
            (spectrum(q) * spectrum(k).conj()).mean(dim=(1, 3)), n=max(steps // 2 * 2, 1)
        )  # (B, L), or as in the authors' code L - 1 where L is odd
        number = min(max(int(self.factor * math.log(steps)), 1), agreement.shape[1])
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
