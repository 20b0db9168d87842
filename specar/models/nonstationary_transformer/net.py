"""The network of the Non-stationary Transformer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from specar.models.base import ModelOutput
from specar.models.parts import FullAttention, Scaling, normalised
from specar.models.shape import SeriesShape
from specar.models.transformer.net import Cores, Transformer

if TYPE_CHECKING:
    from specar.models.nonstationary_transformer import Config


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
        """Map (B, S, N) to (B, H or S, N), or to (B, classes), by way of the normalised series."""
        if observed_mask is not None:
            x = x.masked_fill(observed_mask == 0, 0)
        normal, mean, std = normalised(x, observed_mask)  # (B, S, N), (B, 1, N), (B, 1, N)
        tau, delta = self.tau(x, std).exp(), self.delta(x, mean)  # (B, 1), (B, S)
        scaling = Scaling(tau[:, None, None], delta[:, None, None])
        if self.shape.classes:
            return ModelOutput(self.outputs(x, time_features, padding_mask, None, scaling))
        output = self.outputs(normal, time_features, None, future_time_features, scaling)
        return ModelOutput(output * std + mean)
