"""The network of Pyraformer. Shapes: B examples, S steps, P nodes of all layers, M = d_model."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.base import ModelOutput
from specar.models.parts import Attention, BatchNorm, Embedding, Head, feed_forward, normalised
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.pyraformer import Config

_CALENDAR = {"hour": 24, "weekday": 7, "day": 32, "month": 13}


def nodes(sizes: list[int], windows: list[int], inner_size: int) -> tuple[Tensor, Tensor]:
    """Whether nodes attend to each other, (P, P), and every step's nodes up to the top, (S, layers)."""
    mask, above, start = torch.zeros(sum(sizes), sum(sizes), dtype=torch.bool), [torch.arange(sizes[0])], 0
    for size in sizes:
        place = torch.arange(size)
        near = (place - place.unsqueeze(1)).abs() <= inner_size // 2
        mask[start : start + size, start : start + size] = near
        start += size
    start = 0
    for (size, upper), window in zip(pairwise(sizes), windows, strict=True):
        parents = (torch.arange(size) // window).clamp(max=upper - 1)  # the last has what is left as well
        lower, start = start + torch.arange(size), start + size
        mask[lower, start + parents] = mask[start + parents, lower] = True
        above.append(parents[above[-1]])
    starts = torch.tensor([0, *sizes]).cumsum(0)[: len(sizes)]
    return mask, torch.stack(above, dim=1) + starts


class Calendar(nn.ModuleDict):
    """As released: of time features the whole parts, which are 0, are looked up in tables and added."""

    def __init__(self, d_model: int) -> None:
        super().__init__({name: nn.Embedding(size, d_model) for name, size in _CALENDAR.items()})

    def forward(self, _: Tensor) -> Tensor:
        """Return the same values (M,) for all steps."""
        return torch.stack([table.get_parameter("weight")[0] for table in self.values()]).sum(0)


class Pyramid(nn.Module):
    """Appends the nodes of the upper layers: (B, S, M) to (B, P, M)."""

    def __init__(self, d_model: int, windows: list[int]) -> None:
        super().__init__()
        inner = d_model // 4
        self.down, self.up, self.norm = (
            nn.Linear(d_model, inner),
            nn.Linear(inner, d_model),
            nn.LayerNorm(d_model),
        )
        self.coarser = nn.ModuleList(
            nn.Sequential(nn.Conv1d(inner, inner, size, stride=size), BatchNorm(inner), nn.ELU())
            for size in windows
        )

    def forward(self, x: Tensor) -> Tensor:
        layers = [self.down(x).transpose(1, 2)]
        for coarser in self.coarser:
            layers.append(coarser(layers[-1]))
        return self.norm(torch.cat([x, self.up(torch.cat(layers[1:], dim=2).transpose(1, 2))], dim=1))


class Masked(nn.Module):
    """Every node asks those that ``mask`` (P, P) allows."""

    mask: Tensor

    def __init__(self, mask: Tensor, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(B, heads, P, E), three of them, to one."""
        return F.scaled_dot_product_attention(q, k, v, self.mask, self.dropout if self.training else 0.0)


class Layer(nn.Module):
    """Attention without, and feed-forward with a residual, then a norm: (B, P, M) to the same."""

    def __init__(self, config: Config, core: nn.Module) -> None:
        super().__init__()
        self.attention = Attention(config.d_model, config.n_heads, core)
        self.feed_forward = feed_forward(config.d_model, config.d_ff, config.dropout)
        self.norm = nn.LayerNorm(config.d_model, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention(x, x)
        return self.norm(x + self.feed_forward(x))


class Pyraformer(nn.Module):
    """The network, for every task that ``shape`` can describe."""

    above: Tensor

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        super().__init__()
        self.shape, self.short = shape, config.is_short(shape)
        d_model, windows = config.d_model, config.windows_of(shape)
        self.embedding = Embedding(shape.channels, d_model, 0, config.dropout)
        if shape.time_features:
            self.embedding.time = Calendar(d_model)
        self.pyramid = Pyramid(d_model, windows)
        mask, above = nodes(config.sizes(shape.seq_len, windows), windows, config.inner_size)
        self.register_buffer("above", above, persistent=False)
        core = Masked(mask, config.dropout)
        self.layers = nn.Sequential(*(Layer(config, core) for _ in range(config.e_layers)))
        features = d_model * above.shape[1]
        if shape.pred_len:  # from the last step's nodes to all steps at once
            shape = replace(shape, channels=shape.pred_len * shape.channels)
        self.head = Head(features, shape, config.dropout)

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
    ) -> ModelOutput:
        """Map (B, S, N) to (B, H or S, N), or to (B, classes)."""
        if self.short:
            x, mean, std = normalised(x)
        nodes = self.layers(self.pyramid(self.embedding(x, time_features)))  # (B, P, M)
        if not self.shape.pred_len:
            return ModelOutput(self.head(nodes[:, self.above].flatten(2), padding_mask))
        last = nodes[:, self.above[-1]].flatten(1)
        output = self.head(last).unflatten(1, (self.shape.pred_len, -1))  # (B, H, N)
        return ModelOutput(output * std + mean if self.short else output)
