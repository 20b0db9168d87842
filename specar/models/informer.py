"""Informer: attention for the queries that a sample of keys calls for, and an encoder that halves the series.

Zhou, Zhang, Peng, Zhang, Li, Xiong and Zhang, "Informer: Beyond Efficient Transformer for Long Sequence
Time-Series Forecasting", AAAI 2021; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models import transformer
from specar.models.parts import Scaling, in_order_of_memory, normalised
from specar.models.parts_work import Works, attention_maps, product, work_of
from specar.models.shape import SeriesShape, Work
from specar.models.transformer import Cores, Transformer

BATCH_DEPENDENT = "training"  # by the batch norm between the layers of the encoder
FUTURE_TIME = True
RELEASED = (
    (r"^encoder\.conv_layers\.(\d+)\.downConv\.", r"shorten.\1.0."),
    (r"^encoder\.conv_layers\.(\d+)\.norm\.", r"shorten.\1.1."),
    *transformer.RELEASED,
)
RELEASED_UNUSED = transformer.RELEASED_UNUSED


class Config(transformer.Config):
    """The settings of Informer."""

    factor: int = Field(1, ge=1, le=10_000, description="times log of the steps: the queries and keys taken")
    distil: bool = Field(
        True, description="whether the encoder halves the series after all layers but the last"
    )


class ProbSparse(nn.Module):
    """Attention of the queries whose scores with sampled keys differ most; others get a mean of the values.

    Evaluation always samples the same keys, so that it does not depend on what was evaluated before.
    """

    def __init__(self, factor: int, causal: bool = False) -> None:
        super().__init__()
        self.factor, self.causal = factor, causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(B, H, L, E), (B, H, S, E), (B, H, S, E) to (B, H, L, E)."""
        return in_order_of_memory(self._attend(q, k, v), q)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        number = taken(self.factor, q.shape[2])
        if number == q.shape[2]:
            return F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        queries = self._sparsity(q, k).topk(number, sorted=False).indices.unsqueeze(-1)  # (B, H, u, 1)
        seen = torch.arange(k.shape[2], device=q.device) <= queries if self.causal else None  # (B, H, u, S)
        asking = q.gather(2, queries.expand(-1, -1, -1, q.shape[3]))
        attended = F.scaled_dot_product_attention(asking, k, v, seen)
        lazy = v.cumsum(dim=2) if self.causal else v.mean(dim=2, keepdim=True).expand_as(q)
        return lazy.to(attended.dtype).scatter(2, queries.expand_as(attended), attended)

    @torch.no_grad()
    def _sparsity(self, q: Tensor, k: Tensor) -> Tensor:
        """Largest score of each query minus their sum over all keys' number, (B, H, L)."""
        steps = k.shape[2]
        generator = None if self.training else torch.Generator().manual_seed(0)
        sample = torch.randint(steps, (q.shape[2], taken(self.factor, steps)), generator=generator)
        scores = torch.einsum("bhle,bhlue->bhlu", q, k[:, :, sample.to(q.device)])
        return scores.amax(dim=-1) - scores.sum(dim=-1) / steps


def taken(factor: int, steps: int) -> int:
    """How many of the steps are sampled, or ask."""
    return min(factor * math.ceil(math.log(steps)), steps)


class Shorten(nn.Sequential):
    """Convolution, norm and pooling: (B, L, M) to (B, about L / 2, M)."""

    def __init__(self, d_model: int) -> None:
        convolution = nn.Conv1d(d_model, d_model, 3, padding=2, padding_mode="circular")
        super().__init__(convolution, nn.BatchNorm1d(d_model), nn.ELU())

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = super().forward(x.transpose(1, 2))  # type: ignore[no-untyped-call]
        # The largest of three, of every other step. MaxPool1d has no deterministic gradient on CUDA.
        return F.pad(made, (1, 1), value=-math.inf).unfold(2, 3, 2).amax(dim=3).transpose(1, 2)


class Informer(Transformer):
    """The Transformer with this attention and, for forecasts, what shortens the series between the layers."""

    def __init__(self, config: Config, shape: SeriesShape) -> None:
        full, causal = ProbSparse(config.factor), ProbSparse(config.factor, causal=True)
        super().__init__(config, shape, Cores(full, causal, full))
        number = config.e_layers - 1 if config.distil and shape.pred_len else 0
        self.shorten = nn.ModuleList(Shorten(config.d_model) for _ in range(number))

    def outputs(self, x: Tensor, *further: Any, **scaling: Any) -> Tensor:
        if not self.shape.pred_len or self.shape.time_features:
            return super().outputs(x, *further, **scaling)
        normal, mean, std = normalised(
            x
        )  # series of all sizes, without time; the decoder sees them as they are
        return self.decode(x, self.encode(self.embedding(normal))) * std + mean

    def encode(self, x: Tensor, scaling: Scaling | None = None) -> Tensor:
        for index, layer in enumerate(self.encoder.layers):
            x = layer(x)
            if index < len(self.shorten):
                x = self.shorten[index](x)
        return self.encoder.end(x)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    return Informer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds; the sample has no gradient."""
    inner, lengths = config.d_model // config.n_heads * config.n_heads, [shape.seq_len]
    shortened = config.e_layers - 1 if config.distil and shape.pred_len else 0
    convolutions = Work(0, 0, 0)
    for layer in range(config.e_layers):
        length = lengths[-1]
        if layer < shortened:
            convolutions += product(length + 2, 3 * config.d_model, config.d_model)
        lengths.append((length + 3) // 2 if layer < shortened else length)

    def attention(steps: int, asked: int) -> Work:
        number = taken(config.factor, steps)
        sampled = steps * taken(config.factor, asked) * inner if number < steps else 0
        pairs = number * asked
        scored = Work(2 * pairs * inner + sampled, 6 * pairs * inner + sampled, config.n_heads * pairs)
        return attention_maps(config, steps, asked) + scored

    return work_of(config, shape, Works(attention, attention, attention), lengths) + convolutions
