"""The same function as straightforward code computes it: what the speed of specar is measured against.

SpecAR-Net: one short-time Fourier transform per series of the batch, complex tensors, four real convolutions
per complex one, and all branches in memory at once. TimesNet: a convolution per kernel, for every period.
Both share the parameters of the model that they are made from.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from specar.models.specar.block import SpecARBlock
from specar.models.specar.complex_conv import ComplexConv2d
from specar.models.specar.config import SpecARConfig
from specar.models.specar.net import SpecARNet
from specar.models.specar.spectrogram import window_values
from specar.models.timesnet.net import Inception, TimesBlock, TimesNet

Model = TypeVar("Model", SpecARNet, TimesNet)


def plain(model: Model) -> Model:
    """Return the model with plain blocks, which share its parameters.

    Raises
    ------
    ValueError
        The plain code has no wavelets and no absolute phase.
    """
    same = copy.copy(model)
    same._modules = dict(model._modules)
    if isinstance(model, TimesNet):
        same.blocks = nn.ModuleList(map(PlainTimesBlock, model.blocks))
        return same
    if model.config.transform != "stft" or model.config.phase != "frame":
        raise ValueError("the plain code only knows the STFT with the phase of the frame")
    same.blocks = nn.ModuleList(PlainBlock(block, model.config) for block in model.blocks)
    return same


class PlainTimesBlock(nn.Module):
    """A block of TimesNet, (B, T, M) to (B, T, M), with the parameters of another."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        assert isinstance(block, TimesBlock)
        self.conv, self.top_k = block.conv, block.top_k

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, channels = x.shape
        amplitude = torch.fft.rfft(x, dim=1).abs()
        mean = amplitude.mean(0).mean(-1)
        mean[0] = 0
        outputs, top = [], mean.topk(self.top_k).indices.tolist()
        for frequency in top:
            period = steps // frequency
            length = -(-steps // period) * period
            padded = torch.cat([x, x.new_zeros(batch, length - steps, channels)], dim=1)
            plane = padded.view(batch, length // period, period, channels).permute(0, 3, 1, 2).contiguous()
            for part in self.conv:
                plane = averaged(part, plane) if isinstance(part, Inception) else part(plane)
            outputs.append(plane.permute(0, 2, 3, 1).reshape(batch, length, channels)[:, :steps])
        weights = amplitude.mean(-1)[:, top].softmax(1)
        return (torch.stack(outputs, dim=-1) * weights[:, None, None]).sum(-1) + x


def averaged(inception: Inception, plane: Tensor) -> Tensor:
    """The mean of the outputs of all kernels."""
    return torch.stack(
        [
            nn.functional.conv2d(plane, one.weight, one.bias, padding=size)
            for size, one in enumerate(inception.kernels)
        ],
        dim=-1,
    ).mean(-1)


class PlainBlock(nn.Module):
    """A block, (B, T, M) to (B, T, M), with the parameters of another."""

    window: Tensor

    def __init__(self, block: nn.Module, config: SpecARConfig) -> None:
        super().__init__()
        assert isinstance(block, SpecARBlock)
        self.branches, self.to_real, self.to_steps = block.branches, block.to_real, block.to_steps
        self.gated, self.residual = block.gated, block.residual
        spectrogram = block.spectrogram
        self.n_fft, self.hop, self.style = spectrogram.n_fft, spectrogram.hop_length, spectrogram.style
        self.onesided = spectrogram.bins <= self.n_fft // 2 + 1 and self.n_fft > 2
        length = config.window_length
        left = (self.n_fft // 2 - length // 2) if self.style == "paper" else (self.n_fft - length) // 2
        window = window_values(config.window, length, self.style)
        padded = nn.functional.pad(window, (left, self.n_fft - length - left)).float()
        self.register_buffer("window", padded, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        z = torch.stack([self.transform(series.T) for series in x])  # (B, M, F, frames)
        if self.gated:
            q = z @ z.transpose(-1, -2)
            z = torch.complex(q.real.sigmoid(), q.imag.sigmoid()) @ z
        branches = []
        for branch in self.branches:
            real, imag = z.real, z.imag
            for conv in branch if isinstance(branch, nn.Sequential) else [branch]:
                real, imag = complex_conv(conv, real, imag)
            branches.append(torch.stack([real.relu(), imag.relu()], dim=-1))  # (B, M, F, frames, 2)
        mean = torch.stack(branches).mean(dim=0)
        features = self.to_real(mean).squeeze(-1).mean(dim=2)  # (B, M, frames)
        if self.to_steps is not None:
            features = self.to_steps(features)
        features = features[..., : x.shape[1]].transpose(1, 2)
        return features + x if self.residual else features

    def transform(self, series: Tensor) -> Tensor:
        """STFT of a series (M, T): complex (M, F, frames)."""
        released = self.style == "released"
        if not released:
            steps, before = series.shape[-1], self.n_fft // 2
            frames = -(-steps // self.hop)
            after = max(0, (frames - 1) * self.hop + self.n_fft - before - steps)
            series = nn.functional.pad(series, (before, after))
        z = torch.stft(
            series,
            self.n_fft,
            self.hop,
            self.n_fft,
            self.window,
            center=released,
            normalized=True,
            onesided=self.onesided,
            return_complex=True,
        )
        if released:
            return z
        # The phase refers to the middle of a frame, not to its first step.
        turns = torch.arange(z.shape[-2], device=z.device) * (self.n_fft // 2) / self.n_fft
        return z * torch.polar(torch.ones_like(turns), 2 * torch.pi * turns).unsqueeze(-1)


def complex_conv(conv: nn.Module, real: Tensor, imag: Tensor) -> tuple[Tensor, Tensor]:
    """Eq. 7 by real convolutions; with two channels of their own where the module has no cross terms."""
    assert isinstance(conv, ComplexConv2d)

    def apply(part: nn.Conv2d, values: Tensor) -> Tensor:
        return nn.functional.conv2d(
            values, part.weight, part.bias, padding=conv.padding, dilation=conv.dilation
        )

    if conv.dual_channel:
        return apply(conv.real, real), -apply(conv.imag, imag)
    return (
        apply(conv.real, real) - apply(conv.imag, imag),
        apply(conv.real, imag) + apply(conv.imag, real),
    )
