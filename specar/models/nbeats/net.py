"""The network of N-BEATS. Shapes: B examples, S steps, N channels, H to forecast, K terms of a basis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from specar.models.base import ModelOutput
from specar.models.parts import normalised
from specar.models.shape import SeriesShape

if TYPE_CHECKING:
    from specar.models.nbeats import Config, Stack


class Expansion(nn.Module):
    """Coefficients (B, N, K), linear in what a block knows, times their basis (K, T): (B, N, T).

    Without a basis the coefficients are the steps: a learned basis and a linear map are one (Section 3.3).
    """

    basis: Tensor | None

    def __init__(self, inputs: int, steps: int, basis: Tensor | None) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, steps if basis is None else len(basis))
        self.register_buffer("basis", basis, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        theta: Tensor = self.linear(x)
        return theta if self.basis is None else theta @ self.basis


class Block(nn.Module):
    """Layers and two expansions: (B, N, inputs) to backcast (B, N, S) and forecast (B, N, H)."""

    def __init__(self, sizes: Sequence[int], backcast: Expansion, forecast: Expansion) -> None:
        super().__init__()
        layers = [(nn.Linear(*ends), nn.ReLU()) for ends in pairwise(sizes)]
        self.layers = nn.Sequential(*(part for layer in layers for part in layer))
        self.backcast, self.forecast = backcast, forecast

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.layers(x)
        return self.backcast(hidden), self.forecast(hidden)


class DoublyResidual(nn.Module):
    """Blocks that take their backcasts off what the next get, and whose forecasts add up (Section 3.2)."""

    def __init__(self, blocks: Iterable[nn.Module], normalise: bool) -> None:
        super().__init__()
        self.blocks, self.normalise = nn.ModuleList(blocks), normalise

    def forward(self, x: Tensor, *_: Tensor | None, **__: Tensor | None) -> ModelOutput:
        """Map (B, S, N) to (B, H, N), each channel by itself; nothing but the values is used."""
        if not self.normalise:
            return ModelOutput(self.forecast(x))
        x, mean, std = normalised(x)
        return ModelOutput(self.forecast(x) * std + mean)

    def forecast(self, x: Tensor) -> Tensor:
        residual = x.transpose(1, 2)  # (B, N, S)
        total = residual[..., -1:]
        for block in self.blocks:
            backcast, forecast = block(residual)
            residual, total = residual - backcast, total + forecast
        return total.transpose(1, 2)


def polynomials(steps: int, degree: int) -> Tensor:
    """Powers 0 to ``degree`` of time, which goes from 0 to 1: (degree + 1, steps)."""
    return (torch.arange(steps) / steps) ** torch.arange(degree + 1).unsqueeze(1)


def waves(times: Tensor, number: int) -> Tensor:
    """A constant, and cosines and sines of 1 to ``number`` periods per unit of time: (K, T)."""
    angles = 2 * math.pi * torch.arange(1, number + 1).unsqueeze(1) * times
    return torch.cat([torch.ones(1, len(times)), angles.cos(), angles.sin()])


def nbeats(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network; a block whose weights are shared is in its list more than once."""
    blocks: list[nn.Module] = []
    for stack in config.stacks:
        made = [_block(config, stack, shape) for _ in range(1 if stack.shared else stack.blocks)]
        blocks += made * (stack.blocks if stack.shared else 1)
    return DoublyResidual(blocks, config.normalise)


def _block(config: Config, stack: Stack, shape: SeriesShape) -> Block:
    ends = (shape.seq_len, shape.pred_len)
    bases: list[Tensor | None] = [None, None]
    if stack.basis == "trend":
        bases = [polynomials(steps, config.degree) for steps in ends]
    elif stack.basis == "seasonality":  # the horizon is the unit of time, and the input lies before 0
        number = (config.terms(stack.basis, shape) or 0) // 2
        times = torch.arange(-shape.seq_len, shape.pred_len) / shape.pred_len
        bases = [waves(part, number) for part in times.split(ends)]
    expansions = (Expansion(stack.width, *one) for one in zip(ends, bases, strict=True))
    return Block([shape.seq_len, *[stack.width] * config.layers], *expansions)
