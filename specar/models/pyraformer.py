"""Pyraformer: attention between the nodes of a pyramid, whose upper layers are means of ever more steps.

Liu, Yu, Liao, Li, Lin, Liu and Dustdar, "Pyraformer: Low-Complexity Pyramidal Attention for Long-Range Time
Series Modeling and Forecasting", ICLR 2022. Reconstruction and classification as in TimesNet's comparison (Wu
et al., ICLR 2023): linear maps of what each step and the nodes above it hold. Shapes: B examples, S steps, P
nodes of all layers, M = d_model.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from specar.base.errors import SpecarError
from specar.base.strict import Strict
from specar.models.base import ModelOutput
from specar.models.parts import Attention, BatchNorm, Embedding, Head, feed_forward, normalised
from specar.models.parts_work import full_attention, product
from specar.models.shape import SeriesShape, Work

BATCH_DEPENDENT = "training"  # by the batch norm of the pyramid's layers
RELEASED = (
    (r"^encoder\.enc_embedding\.value_embedding\.tokenConv\.", "embedding.value."),
    (r"^encoder\.enc_embedding\.temporal_embedding\.(\w+)_embed\.", r"embedding.time.\1."),
    (r"^encoder\.conv_layers\.conv_layers\.(\d+)\.downConv\.", r"pyramid.coarser.\1.0."),
    (r"^encoder\.conv_layers\.conv_layers\.(\d+)\.norm\.", r"pyramid.coarser.\1.1."),
    (r"^encoder\.conv_layers\.", "pyramid."),
    (r"^encoder\.layers\.", "layers."),
    (r"\.slf_attn\.(query|key|value|out)_projection\.", r".attention.\1."),
    (r"\.pos_ffn\.w_1\.", ".feed_forward.0."),
    (r"\.pos_ffn\.w_2\.", ".feed_forward.3."),
    (r"\.pos_ffn\.layer_norm\.", ".norm."),
    (r"^projection\.", "head.linear."),
)
RELEASED_UNUSED = r"^embedding\.time\."  # made there also for tasks without time features
_CALENDAR = {"hour": 24, "weekday": 7, "day": 32, "month": 13}


class Config(Strict):
    """The settings of Pyraformer."""

    d_model: int = Field(512, ge=4, le=8192, description="values M of a node")
    n_heads: int = Field(8, ge=1, le=1024, description="heads of the attention, at most d_model")
    e_layers: int = Field(5, ge=1, le=64, description="layers of attention")
    d_ff: int = Field(2048, ge=1, le=65_536, description="values inside the feed-forward of a node")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of values dropped in training")
    windows: list[Annotated[int, Field(ge=2, le=1000)]] | None = Field(
        None,
        min_length=1,
        max_length=16,
        description="nodes below a node of each upper layer; null: 4, 4, in short-term forecasts 2, 2",
    )
    inner_size: int = Field(5, ge=1, le=10_001, description="neighbours that a node attends to, with itself")

    @model_validator(mode="after")
    def _heads_have_values(self) -> Config:
        if self.n_heads > self.d_model:
            raise ValueError(f"n_heads is at most d_model, {self.d_model}, not {self.n_heads}")
        return self

    def windows_of(self, shape: SeriesShape) -> list[int]:
        """Nodes below a node of each upper layer. SpecarError: the input is too short for them."""
        windows = self.windows or ([2, 2] if is_short(shape) else [4, 4])
        if self.sizes(shape.seq_len, windows)[-1] == 0:
            raise SpecarError(
                f"pyraformer: {shape.seq_len} steps are too few for a pyramid of windows {windows}"
            )
        return windows

    @staticmethod
    def sizes(steps: int, windows: list[int]) -> list[int]:
        """Nodes of each layer of the pyramid."""
        sizes = [steps]
        for window in windows:
            sizes.append(sizes[-1] // window)
        return sizes


def is_short(shape: SeriesShape) -> bool:
    """Whether it is the short-term forecast, of series without dates: those are scaled one by one."""
    return bool(shape.pred_len) and not shape.time_features


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
        self.shape, d_model, windows = shape, config.d_model, config.windows_of(shape)
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
        if is_short(self.shape):
            x, mean, std = normalised(x)
        nodes = self.layers(self.pyramid(self.embedding(x, time_features)))  # (B, P, M)
        if not self.shape.pred_len:
            return ModelOutput(self.head(nodes[:, self.above].flatten(2), padding_mask))
        last = nodes[:, self.above[-1]].flatten(1)
        output = self.head(last).unflatten(1, (self.shape.pred_len, -1))  # (B, H, N)
        return ModelOutput(output * std + mean if is_short(self.shape) else output)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    return Pyraformer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds, with attention of every node to every node."""
    windows, steps, d_model = config.windows_of(shape), shape.seq_len, config.d_model
    sizes, inner = config.sizes(steps, windows), d_model // 4
    total = product(steps, 3 * shape.channels, d_model, of_data=True) + product(steps, d_model, inner)
    for size, window in zip(sizes[1:], windows, strict=True):
        total += product(size, inner * window, inner) + product(size, inner, d_model)
    count = sum(sizes)
    layer = full_attention(config)(count, count)
    layer += product(count, d_model, config.d_ff) + product(count, config.d_ff, d_model)
    features = d_model * len(sizes)
    rows, outputs = (1, shape.pred_len * shape.channels) if shape.pred_len else (steps, shape.channels)
    if shape.classes:
        rows, features, outputs = 1, features * steps, shape.classes
    return total + layer * config.e_layers + product(rows, features, outputs)
