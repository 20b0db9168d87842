"""SpecAR-Net: embedding, stacked SpecAR blocks and a head per task."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature

import torch
from torch import Tensor, nn

from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape
from specar.models.specar.block import SpecARBlock
from specar.models.specar.config import SpecARConfig
from specar.models.specar.embedding import Embedding, normalised
from specar.models.specar.top import ConvOrderHead, LinearOrderHead, paper_order_loss, released_order_loss


class SpecARNet(nn.Module):
    """The network, for every task that ``shape`` can describe.

    With ``shape.classes`` it classifies, with ``shape.pred_len`` it forecasts, otherwise it
    reconstructs its input (imputation, anomaly detection).
    """

    def __init__(self, config: SpecARConfig, shape: SeriesShape) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        d_model = config.d_model
        self.embedding = Embedding(shape.channels, d_model, shape.time_features, config.dropout)
        self.extend = nn.Linear(shape.seq_len, shape.steps) if shape.pred_len else None
        self.blocks = nn.ModuleList(_blocks(config, shape.steps))
        self.norms = nn.ModuleList(_norms(config))
        if shape.classes:
            self.dropout = nn.Dropout(config.dropout)
            self.head = nn.Linear(d_model * shape.seq_len, shape.classes)
        else:
            self.head = nn.Linear(d_model, shape.channels)
        # Last, and on a copy of the generator: with the head a model starts from the same weights as without,
        # and drops out the same values.
        with torch.random.fork_rng(devices=[]):
            self.order_head = _order_head(config, shape.steps) if config.top else None

    def forward(
        self,
        x: Tensor,
        time_features: Tensor | None = None,
        observed_mask: Tensor | None = None,
        padding_mask: Tensor | None = None,
    ) -> ModelOutput:
        """Run the network on (B, S, N), with time features (B, S, features).

        The masks are 1 for an observed value (B, S, N) and for a real step (B, S; classification only); what
        is masked, NaN included, does not enter the result.
        """
        if self.shape.classes:
            embeddings = self.encode(x, time_features)
            return ModelOutput(self._classify(embeddings, padding_mask), self._order(embeddings))
        x, mean, std = normalised(x, observed_mask)
        embeddings = self.encode(x, time_features)
        output = self.head(embeddings) * std + mean  # (B, T, N)
        return ModelOutput(output[:, -self.shape.pred_len :], self._order(embeddings))

    def encode(self, x: Tensor, time_features: Tensor | None = None) -> Tensor:
        """Embed a normalised series and run the blocks: (B, S, N) to (B, S + H, M)."""
        embeddings = self.embedding(x, time_features)  # (B, S, M), Eq. 1
        if self.extend is not None:
            embeddings = self.extend(embeddings.transpose(1, 2)).transpose(1, 2)  # (B, T, M)
        for index, block in enumerate(self.blocks):
            embeddings = block(embeddings)
            if self.norms:
                embeddings = self.norms[index % len(self.norms)](embeddings)
        return embeddings

    def order_loss(self, order_values: Tensor, segments: Sequence[slice], share: float = 1.0) -> Tensor:
        """Loss of the TOP head: the paper's over all steps, the released one over each of ``segments``.

        The paper's is a mean over the batch, of which a part counts its ``share``; the released one a sum.
        """
        order_values = order_values.float()  # also under bf16 autocast
        weight = self.config.top_weight
        assert weight is not None  # set by the architecture
        if isinstance(self.order_head, LinearOrderHead):
            return share * paper_order_loss(order_values, self.order_head.u.weight, weight)
        parts = [released_order_loss(order_values[:, segment], weight) for segment in segments]
        return torch.stack(parts).sum()

    def _order(self, embeddings: Tensor) -> Tensor | None:
        return None if self.order_head is None else self.order_head(embeddings)

    def _classify(self, embeddings: Tensor, padding_mask: Tensor | None) -> Tensor:
        features = self.dropout(nn.functional.gelu(embeddings))
        if padding_mask is not None:
            features = features * padding_mask.unsqueeze(-1)
        return self.head(features.flatten(1))


def _blocks(config: SpecARConfig, steps: int) -> list[nn.Module]:
    if config.backbone == "Embed":
        return []
    settings = config.model_dump(include=set(signature(SpecARBlock).parameters))  # a setting has one name
    return [SpecARBlock(**settings, steps=steps) for _ in range(config.e_layers)]


def _norms(config: SpecARConfig) -> list[nn.Module]:
    if config.backbone == "Embed" or config.norm == "none":
        return []
    return [nn.LayerNorm(config.d_model) for _ in range(1 if config.norm == "shared" else config.e_layers)]


def _order_head(config: SpecARConfig, steps: int) -> nn.Module:
    if config.architecture == "released":
        return ConvOrderHead(steps, config.d_model)
    return LinearOrderHead(config.d_model)
