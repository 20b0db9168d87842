"""The network of ETSformer.

Shapes: B examples, S steps of the input, H steps to forecast, M = d_model, heads of E values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.base import ModelOutput
from specar.models.parts import Embedding, Head, spectrum
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.etsformer import Config

_NOISE = 0.2  # of scale, shift and each value in training


class Smoothing(nn.Module):
    """Exponential smoothing of (B, S, heads, E), with a decay and a start for each head."""

    def __init__(self, heads: int, width: int, dropout: float) -> None:
        super().__init__()
        self.decay = nn.Parameter(torch.randn(heads, 1))
        self.v0 = nn.Parameter(torch.randn(1, 1, heads, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor, growth: Tensor | None = None) -> Tensor:
        """Smooth (B, S, heads, E) along S and add growth, (B, S, heads, E), by its distance from the end."""
        steps = values.shape[1]
        decay = self.decay.sigmoid()
        powers = (decay ** torch.arange(steps + 1, device=values.device)).t()[..., None]  # (S + 1, heads, 1)
        kernel, size = (1 - decay) * powers[:-1], 2 * steps  # long enough for a causal convolution
        product = spectrum(self.dropout(values), 1, size) * torch.fft.rfft(kernel, size, dim=0)
        smooth = torch.fft.irfft(product, size, dim=1)[:, :steps]
        smooth = smooth + powers[1:] * self.v0
        # As released: growth is weighted by its distance from the end, not smoothed.
        return smooth if growth is None else smooth + powers[1:].flip(0) * self.dropout(growth)


class Growth(nn.Module):
    """Smoothed differences of heads, their start before them: (B, S, M) to (B, S + 1, M)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, width = config.n_heads, config.d_model // config.n_heads
        self.z0 = nn.Parameter(torch.randn(config.n_heads, width))
        self.in_proj, self.out_proj = (nn.Linear(config.d_model, config.d_model) for _ in range(2))
        self.es = Smoothing(config.n_heads, width, config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        values = self.in_proj(x).unflatten(2, (self.heads, -1))
        differences = values.diff(dim=1, prepend=self.z0.to(values.dtype).expand(len(x), 1, -1, -1))
        start = self.es.v0.expand(len(x), -1, -1, -1)
        return self.out_proj(torch.cat([start, self.es(differences)], dim=1).flatten(2))


class Level(nn.Module):
    """The level (B, S, N) without season and with growth, both (B, S, M), smoothed."""

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()
        self.es = Smoothing(channels, 1, config.dropout)
        self.growth_pred, self.season_pred = (nn.Linear(config.d_model, channels) for _ in range(2))

    def forward(self, level: Tensor, growth: Tensor, season: Tensor) -> Tensor:
        level, growth = level - self.season_pred(season), self.growth_pred(growth)
        return self.es(level.unsqueeze(-1), growth.unsqueeze(-1)).squeeze(-1)


class Layer(nn.Module):
    """Takes season and growth from (B, S, M), and a level (B, S, N) further where a forecast needs it."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.top_k, self.horizon = config.top_k, shape.pred_len or shape.seq_len
        self.growth = Growth(config)
        self.classifies = bool(shape.classes)
        if not self.classifies:
            self.level = Level(config, shape.channels)
            self.damping = nn.Parameter(torch.randn(1, config.n_heads))
        inner, outer = (config.d_model, config.d_ff), (config.d_ff, config.d_model)
        self.ff = nn.Sequential(
            *(nn.Linear(*inner, bias=False), nn.GELU(), nn.Dropout(config.dropout)),
            *(nn.Linear(*outer, bias=False), nn.Dropout(config.dropout)),
        )
        self.norm1, self.norm2 = nn.LayerNorm(config.d_model), nn.LayerNorm(config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, level: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return what is left, (B, S, M), the level, and growth and season: of the input (B, S, M) where
        classes are wanted, else what is to come, (B, H, M)."""
        steps = x.shape[1]
        season = self.dropout(self._season(x))
        x = x - season[:, :steps]
        growth = self.dropout(self.growth(x))
        x = self.norm1(x - growth[:, 1:])
        x = self.norm2(x + self.ff(x))
        if self.classifies:
            return x, level, growth[:, :-1], season[:, :steps]
        level = self.level(level, growth[:, :-1], season[:, :steps])
        return x, level, self._continued(growth[:, -1:]), season[:, -self.horizon :]

    def _season(self, x: Tensor) -> Tensor:
        """The strongest frequencies of each channel, never mean and Nyquist's: (B, S + H, M)."""
        steps = x.shape[1]
        waves = spectrum(x, dim=1)[:, 1 : (steps + 1) // 2]
        size = waves.abs()
        top = size.topk(min(self.top_k, size.shape[1]), dim=1).indices
        strongest = waves * torch.zeros_like(size).scatter(1, top, 1.0)
        season = torch.fft.irfft(F.pad(strongest, (0, 0, 1, 0)), steps, dim=1)
        # All of these frequencies repeat after the input's length.
        return season[:, torch.arange(steps + self.horizon, device=x.device) % steps]

    def _continued(self, growth: Tensor) -> Tensor:
        """The sums of a growth (B, 1, M) that is damped with every step: (B, H, M)."""
        powers = 1 + torch.arange(self.horizon, device=growth.device).unsqueeze(1)
        sums = (self.damping.sigmoid() ** powers).cumsum(0).unsqueeze(-1)  # (H, heads, 1)
        heads = self.dropout(growth.expand(-1, self.horizon, -1)).unflatten(2, (sums.shape[1], -1))
        return self.dropout((heads * sums).flatten(2))


class ETSformer(nn.Module):
    """The network, for every task that ``shape`` can describe."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = Embedding(shape.channels, config.d_model, shape.time_features, config.dropout)
        self.layers = nn.ModuleList(Layer(config, shape) for _ in range(config.e_layers))
        if shape.classes:
            self.head = Head(config.d_model, shape, config.dropout)

        else:
            self.pred = nn.Linear(config.d_model, shape.channels)

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
    ) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes)."""
        if self.training and self.shape.pred_len:
            x = self._noisy(x)
        rest, level = self.embedding(x, time_features), x
        growths, seasons = [], []
        for layer in self.layers:
            rest, level, growth, season = layer(rest, level)
            growths.append(growth)
            seasons.append(season)
        growth, season = torch.stack(growths).sum(0), torch.stack(seasons).sum(0)
        if self.shape.classes:
            return ModelOutput(self.head(growth + season, padding_mask))
        return ModelOutput(level[:, -1:] + self.pred(growth) + self.pred(season))

    @staticmethod
    def _noisy(x: Tensor) -> Tensor:
        """Training series, scaled and shifted by channel, and each value moved."""
        scale, shift = (_NOISE * torch.randn(x.shape[2], device=x.device) for _ in range(2))
        return x * (1 + scale) + shift + _NOISE * torch.randn_like(x)
