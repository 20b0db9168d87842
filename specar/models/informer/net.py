"""The network of Informer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from specar.models.parts import Scaling, in_order_of_memory, normalised
from specar.models.shape import SeriesShape
from specar.models.transformer.net import Cores, Transformer

if TYPE_CHECKING:
    from specar.models.informer import Config


class ProbSparse(nn.Module):
    """Attention of the queries whose scores with sampled keys differ most; others get a mean of the values.

    Evaluation always samples the same keys, so that it does not depend on what was evaluated before.
    """

    def __init__(self, config: Config, causal: bool = False) -> None:
        super().__init__()
        self.config, self.causal = config, causal

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(B, H, L, E), (B, H, S, E), (B, H, S, E) to (B, H, L, E)."""
        return in_order_of_memory(self._attend(q, k, v), q)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        number = self.config.taken(q.shape[2])
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
        sample = torch.randint(steps, (q.shape[2], self.config.taken(steps)), generator=generator)
        scores = torch.einsum("bhle,bhlue->bhlu", q, k[:, :, sample.to(q.device)])
        return scores.amax(dim=-1) - scores.sum(dim=-1) / steps


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
        full, causal = ProbSparse(config), ProbSparse(config, causal=True)
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
