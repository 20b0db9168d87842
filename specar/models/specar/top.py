"""Temporal order preserving (Section 3.4): heads that regress the time index, and their losses."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LinearOrderHead(nn.Module):
    """Eq. 8: one linear map u, shared by all steps, (B, T, M) to (B, T)."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.u = nn.Linear(d_model, 1, bias=False)

    def forward(self, embeddings: Tensor) -> Tensor:
        return self.u(embeddings).squeeze(-1)


class ConvOrderHead(nn.Module):
    """The released head: a convolution along M with time as its channels, then a linear map to (B, T)."""

    def __init__(self, steps: int, d_model: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(steps, steps, 3, stride=2, padding=1)
        self.linear = nn.Linear((d_model + 1) // 2, 1)

    def forward(self, embeddings: Tensor) -> Tensor:
        return self.linear(self.conv(embeddings)).squeeze(-1)


def paper_order_loss(order_values: Tensor, u: Tensor, weight: float) -> Tensor:
    """Eq. 9: weight / 2 * sum over time of (value - t)^2 + ||u||^2 / 2, mean over the batch.

    The values are (B, T). Their time index is normalised to (0, 1]: as a raw index it would dominate for any
    usual weight.
    """
    steps = order_values.shape[1]
    time = torch.arange(1, steps + 1, device=order_values.device, dtype=order_values.dtype) / steps
    squares = ((order_values - time) ** 2).sum(dim=1).mean()
    return weight / 2 * squares + (u**2).sum() / 2


def released_order_loss(order_values: Tensor, weight: float) -> Tensor:
    """The released loss of a segment's order values (B, n): divide by their maximum, compare with 0 … 1.

    The maximum is taken per sample and carries no gradient; squares are summed over batch and time.
    """
    steps = order_values.shape[1]
    scaled = order_values / order_values.detach().amax(dim=1, keepdim=True)
    time = torch.linspace(0, 1, steps, device=order_values.device, dtype=order_values.dtype)
    return weight * ((scaled - time) ** 2).sum()
