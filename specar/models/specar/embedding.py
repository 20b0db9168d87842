"""Embedding (Eq. 1) and instance normalisation."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor, nn


class Embedding(nn.Module):
    """Scalar projection + position + time features, then dropout: (B, T, N) to (B, T, M).

    The projection is a circular convolution over three steps without bias; positions are the fixed
    sines and cosines; time features go through a linear map without bias, where there are any.
    """

    def __init__(
        self, channels: int, d_model: int, time_features: int, dropout: float, position: bool = True
    ) -> None:
        super().__init__()
        self.position = position
        self.value = nn.Conv1d(channels, d_model, 3, padding=1, padding_mode="circular", bias=False)
        nn.init.kaiming_normal_(self.value.weight, mode="fan_in", nonlinearity="leaky_relu")
        self.time: nn.Module | None = None
        if time_features:
            self.time = nn.Linear(time_features, d_model, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, time_features: Tensor | None = None) -> Tensor:
        embedded = self.value(x.transpose(1, 2)).transpose(1, 2)  # (B, T, M)
        if self.position:
            embedded = embedded + position_encoding(x.shape[1], embedded.shape[2], x.device, embedded.dtype)
        if time_features is not None and self.time is not None:
            embedded = embedded + self.time(time_features)
        return self.dropout(embedded)


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # a tensor made in inference mode could not be used for training later
def position_encoding(
    steps: int, d_model: int, device: torch.device, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Fixed sine and cosine positions, (T, M)."""
    position = torch.arange(steps, dtype=torch.float64).unsqueeze(1)
    rates = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float64) * (-math.log(10000.0) / d_model))
    encoding = torch.zeros(steps, d_model, dtype=torch.float64)
    encoding[:, 0::2] = torch.sin(position * rates)
    encoding[:, 1::2] = torch.cos(position * rates)[:, : d_model // 2]
    return encoding.to(dtype).to(device)


def instance_statistics(x: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over time per sample and channel, each (B, 1, N).

    With ``observed`` (B, T, N; 1 = observed) only observed points count, hidden ones must be finite;
    a channel without any has mean 0.
    """
    if observed is None:
        mean = x.mean(dim=1, keepdim=True)
        return mean, (x.var(dim=1, keepdim=True, unbiased=False) + 1e-5).sqrt()
    count = observed.sum(dim=1, keepdim=True).clamp(min=1)
    mean = (x * observed).sum(dim=1, keepdim=True) / count
    centred = (x - mean) * observed
    return mean, ((centred**2).sum(dim=1, keepdim=True) / count + 1e-5).sqrt()


def normalised(x: Tensor, observed: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Series of mean 0 and deviation 1, 0 where hidden, and the statistics; see `instance_statistics`."""
    if observed is not None:
        x = x.masked_fill(observed == 0, 0)
    mean, std = instance_statistics(x, observed)
    centred = x - mean if observed is None else (x - mean) * observed
    return centred / std, mean, std
