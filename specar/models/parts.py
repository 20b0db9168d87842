"""Parts that several of the rivals share: embedding, attention, encoder, decoder and decomposition.

Vaswani et al., "Attention Is All You Need", NeurIPS 2017, in the form that Zhou et al. ("Informer", AAAI
2021) and Wu et al. ("Autoformer", NeurIPS 2021) gave it for series. Shapes: B examples, L steps that ask, S
steps that are asked, M = d_model, H heads of E values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.shape import SeriesShape
from specar.models.specar.embedding import Embedding, normalised, position_encoding

__all__ = [
    "Attention",
    "BatchNorm",
    "DecoderLayer",
    "Embedding",
    "EncoderLayer",
    "FullAttention",
    "Head",
    "Scaling",
    "Stack",
    "decompose",
    "feed_forward",
    "in_order_of_memory",
    "label_and_zeros",
    "moving_average",
    "normalised",
    "position_encoding",
    "spectrum",
]


class Scaling(NamedTuple):
    """What attention scores are multiplied by, (B, 1, 1, 1), and what is added then, (B, 1, 1, S)."""

    tau: Tensor
    delta: Tensor | None = None


class FullAttention(nn.Module):
    """Every step asks every step; ``causal``: none that come later."""

    def __init__(self, dropout: float = 0.0, causal: bool = False) -> None:
        super().__init__()
        self.dropout, self.causal = dropout, causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scaling: Scaling | None = None) -> Tensor:
        """(B, H, L, E), (B, H, S, E), (B, H, S, E) to (B, H, L, E)."""
        bias = None
        if scaling is not None:
            q = q * scaling.tau
            bias = None if scaling.delta is None else scaling.delta / q.shape[-1] ** 0.5
        dropout = self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, bias, dropout, is_causal=self.causal)


class Attention(nn.Module):
    """Linear maps around what ``core`` makes of the heads' queries, keys and values."""

    def __init__(self, d_model: int, heads: int, core: nn.Module) -> None:
        super().__init__()
        self.heads, self.core = heads, core
        inner = d_model // heads * heads
        self.query, self.key, self.value = (nn.Linear(d_model, inner) for _ in range(3))
        self.out = nn.Linear(inner, d_model)

    def forward(self, x: Tensor, asked: Tensor, scaling: Scaling | None = None) -> Tensor:
        """(B, L, M), (B, S, M) to (B, L, M)."""
        maps = ((self.query, x), (self.key, asked), (self.value, asked))
        q, k, v = (linear(of).unflatten(-1, (self.heads, -1)).transpose(1, 2) for linear, of in maps)
        heads = self.core(q, k, v) if scaling is None else self.core(q, k, v, scaling)  # (B, H, L, E)
        out: Tensor = self.out(heads.transpose(1, 2).flatten(2))
        return out


def spectrum(x: Tensor, dim: int = 2, size: int | None = None) -> Tensor:
    """Fourier transform over the steps, dimension ``dim``, filled to ``size``; of float32 at least."""
    return torch.fft.rfft(x.to(torch.promote_types(x.dtype, torch.float32)), size, dim)


def in_order_of_memory(heads: Tensor, q: Tensor) -> Tensor:
    """Heads of another order of axes as those of ``q``, (B, H, L, E), without moving a value.

    The authors' code of Informer and FEDformer reads what its attention makes that way, so that steps and
    values mix.
    """
    return heads.reshape(q.transpose(1, 2).shape).transpose(1, 2).to(q.dtype)


def feed_forward(d_model: int, d_ff: int, dropout: float, bias: bool = True) -> nn.Sequential:
    """Two linear maps of every step, with a GELU between them."""
    down, up = nn.Linear(d_model, d_ff, bias), nn.Linear(d_ff, d_model, bias)
    return nn.Sequential(down, nn.GELU(), nn.Dropout(dropout), up, nn.Dropout(dropout))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, a residual and a norm behind each: (B, L, M) to the same."""

    def __init__(
        self,
        attention: Attention,
        d_model: int,
        d_ff: int,
        dropout: float,
        norm: Callable[[int], nn.Module] = nn.LayerNorm,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.feed_forward = feed_forward(d_model, d_ff, dropout)
        self.norm1, self.norm2 = norm(d_model), norm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, scaling: Scaling | None = None) -> Tensor:
        x = self.norm1(x + self.dropout(self.attention(x, x, scaling)))
        out: Tensor = self.norm2(x + self.feed_forward(x))
        return out


class BatchNorm(nn.BatchNorm1d):
    """Batch norm of (B, C, T); in training a single value of a channel, without deviation, is no error."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or input[:, 0].numel() > 1:
            return super().forward(input)
        return F.batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


class DecoderLayer(nn.Module):
    """An encoder layer with attention to the encoder's output, (B, S, M), in between; it alone is shifted."""

    def __init__(
        self, attention: Attention, cross: Attention, d_model: int, d_ff: int, dropout: float
    ) -> None:
        super().__init__()
        self.attention, self.cross = attention, cross
        self.feed_forward = feed_forward(d_model, d_ff, dropout)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, asked: Tensor, scaling: Scaling | None = None) -> Tensor:
        own = None if scaling is None else Scaling(scaling.tau)
        x = self.norm1(x + self.dropout(self.attention(x, x, own)))
        x = self.norm2(x + self.dropout(self.cross(x, asked, scaling)))
        out: Tensor = self.norm3(x + self.feed_forward(x))
        return out


class Stack(nn.Module):
    """Layers one after another, each called with the same further arguments, and what ends them."""

    def __init__(self, layers: Iterable[nn.Module], end: nn.Module) -> None:
        super().__init__()
        self.layers, self.end = nn.ModuleList(layers), end

    def forward(self, x: Tensor, *further: Tensor | Scaling | None) -> Tensor:
        for layer in self.layers:
            x = layer(x, *further)
        out: Tensor = self.end(x)
        return out


class Head(nn.Module):
    """A linear map of every step to the channels; of all steps to the classes, where there are some."""

    def __init__(self, d_model: int, shape: SeriesShape, dropout: float) -> None:
        super().__init__()
        self.classifies = bool(shape.classes)
        sizes = (d_model * shape.seq_len, shape.classes) if shape.classes else (d_model, shape.channels)
        self.linear, self.dropout = nn.Linear(*sizes), nn.Dropout(dropout)

    def forward(self, x: Tensor, padding_mask: Tensor | None = None) -> Tensor:
        """(B, S, M) to (B, S, N), or to (B, classes): then steps where the mask (B, S) is 0 are left out."""
        if self.classifies:
            x = self.dropout(F.gelu(x))
            x = (x if padding_mask is None else x * padding_mask.unsqueeze(-1)).flatten(1)
        out: Tensor = self.linear(x)
        return out


def moving_average(x: Tensor, steps: int) -> Tensor:
    """Averages over an odd number of steps of (B, T, C), its ends repeated: the same shape."""
    first, last = (end.expand(-1, steps // 2, -1) for end in (x[:, :1], x[:, -1:]))
    # Not padded: that has no deterministic gradient on CUDA.
    return F.avg_pool1d(torch.cat([first, x, last], dim=1).transpose(1, 2), steps, 1).transpose(1, 2)


def decompose(x: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Seasonal part and trend, the moving average, of (B, T, C)."""
    trend = moving_average(x, steps)
    return x - trend, trend


def label_and_zeros(x: Tensor, label_len: int, pred_len: int) -> Tensor:
    """The last ``label_len`` steps of (B, S, C) and zeros in place of those to come: what a decoder gets."""
    return torch.cat([x[:, x.shape[1] - label_len :], x.new_zeros(len(x), pred_len, x.shape[2])], dim=1)
