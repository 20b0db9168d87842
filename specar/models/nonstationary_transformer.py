"""Non-stationary Transformer: of normalised series, with attention that learns of what the norm took away.

Liu, Wu, Wang and Long, "Non-stationary Transformers: Exploring the Stationarity in Time Series Forecasting",
NeurIPS 2022; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn

from specar.models import transformer
from specar.models.base import ModelOutput
from specar.models.parts import FullAttention, Scaling, normalised
from specar.models.parts_work import Works, full_attention, product, work_of
from specar.models.shape import SeriesShape, Work
from specar.models.transformer import Cores, Transformer

FUTURE_TIME = True
RELEASED = (
    (r"^(tau|delta)_learner\.series_conv\.", r"\1.series."),
    (r"^(tau|delta)_learner\.backbone\.", r"\1.maps."),
    *transformer.RELEASED,
)
RELEASED_UNUSED = transformer.RELEASED_UNUSED


class Config(transformer.Config):
    """The settings of the Non-stationary Transformer."""

    p_hidden_dims: list[Annotated[int, Field(ge=1, le=8192)]] = Field(
        [128, 128], min_length=1, max_length=16, description="values inside the maps to tau and delta"
    )


def released_config(options: Mapping[str, Any]) -> Config:
    """Return the settings: the authors' program is told the sizes of the maps and, again, their number."""
    names = set(Config.model_fields) - {"dropout", "p_hidden_dims"}
    sizes = options["p_hidden_dims"][: options["p_hidden_layers"]]
    return Config(**{name: options[name] for name in names}, p_hidden_dims=sizes)


class Projector(nn.Module):
    """What a series and one of its statistics say: (B, S, N), (B, 1, N) to (B, outputs)."""

    def __init__(self, shape: SeriesShape, hidden: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.series = nn.Conv1d(shape.seq_len, 1, 3, padding=1, padding_mode="circular", bias=False)
        pairs = pairwise([2 * shape.channels, *hidden])
        inner = [layer for sizes in pairs for layer in (nn.Linear(*sizes), nn.ReLU())]
        self.maps = nn.Sequential(*inner, nn.Linear(hidden[-1], outputs, bias=False))

    def forward(self, x: Tensor, statistic: Tensor) -> Tensor:
        out: Tensor = self.maps(torch.cat([self.series(x), statistic], dim=1).flatten(1))
        return out


class NonstationaryTransformer(Transformer):
    """The Transformer of a normalised series; classification sees it as it is."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        full, causal = FullAttention(config.dropout), FullAttention(config.dropout, causal=True)
        super().__init__(config, shape, Cores(full, causal, full))
        self.tau = Projector(shape, config.p_hidden_dims, 1)
        self.delta = Projector(shape, config.p_hidden_dims, shape.seq_len)

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
        future_time_features: Tensor | None = None,
    ) -> ModelOutput:
        if observed_mask is not None:
            x = x.masked_fill(observed_mask == 0, 0)
        normal, mean, std = normalised(x, observed_mask)  # (B, S, N), (B, 1, N), (B, 1, N)
        tau, delta = self.tau(x, std).exp(), self.delta(x, mean)  # (B, 1), (B, S)
        scaling = Scaling(tau[:, None, None], delta[:, None, None])
        if self.shape.classes:
            return ModelOutput(self.outputs(x, time_features, padding_mask, None, scaling))
        output = self.outputs(normal, time_features, None, future_time_features, scaling)
        return ModelOutput(output * std + mean)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    return NonstationaryTransformer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds, those of the maps to tau and delta included."""
    total = work_of(config, shape, Works(*[full_attention(config)] * 3))
    for outputs in (1, shape.seq_len):
        total += product(shape.channels, 3 * shape.seq_len, 1, of_data=True)
        sizes = [2 * shape.channels, *config.p_hidden_dims, outputs]
        total = sum((product(1, *pair) for pair in pairwise(sizes)), total)
    return total
