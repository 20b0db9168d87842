"""What time-frequency transformations share: frames of a series times a basis of complex kernels."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

from specar.models.specar.config import bins_of, frames_of

Style = Literal["paper", "released"]
Sides = Literal["one", "two"]
Phase = Literal["frame", "absolute"]


class TimeFrequency(nn.Module):
    """A kernel per frequency at every frame of every channel: (B, M, T) to (B, M, 2, F, frames).

    Subclasses bring the kernels. Bin f stands for the frequency f / n_fft, in cycles per step, frame i is
    centred on step i * hop. ``sides``: F = n_fft // 2 + 1 bins of one, all F = n_fft of two, where those
    beyond n_fft / 2 are negative frequencies. ``style``: ``paper`` takes steps outside of the series as zero
    and has ceil(T / hop) frames; ``released`` reflects the series at its ends and has T // hop + 1 frames ((T
    - 1) // hop + 1 for an odd n_fft). ``phase``: ``absolute`` moves what the phase of a ``paper`` frame
    refers to from its centre to time 0.
    """

    basis: Tensor  # (2F, taps) in float64: real and imaginary rows; tap taps // 2 lies on the frame's centre

    def __init__(self, n_fft: int, hop_length: int, sides: Sides, style: Style, phase: Phase) -> None:
        super().__init__()
        if hop_length < 1 or sides not in ("one", "two") or phase not in ("frame", "absolute"):
            raise ValueError(f"bad hop_length {hop_length}, sides {sides!r} or phase {phase!r}")
        self.n_fft = n_fft
        self.rotated = style == "paper" and phase == "absolute"
        self.hop_length = hop_length
        self.style: Style = style
        self.bins = bins_of(n_fft, sides)
        self._cast: Tensor | None = None
        self.kept: dict[Any, Any] = {}  # made of the basis by those who use it

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cast": None, "kept": {}}  # copies and files do without

    def frames(self, steps: int) -> int:
        return frames_of(steps, self.n_fft, self.hop_length, self.style)

    def forward(self, x: Tensor) -> Tensor:
        """Transform (B, M, T) into (B, M, 2, F, frames)."""
        steps = x.shape[-1]
        basis = self.basis_of(x)
        taps = basis.shape[-1]
        before = taps // 2
        needed = (self.frames(steps) - 1) * self.hop_length + taps
        if self.style == "released":
            padded = reflect(x, before)[..., :needed]
        else:
            padded = nn.functional.pad(x, (before, max(0, needed - before - steps)))[..., :needed]
        spectrum = self._products(basis, padded).unflatten(-2, (2, self.bins))
        return self._rotate(spectrum) if self.rotated else spectrum

    def _products(self, basis: Tensor, padded: Tensor) -> Tensor:
        """Products of (2F, taps) with every frame of a padded series (B, M, steps): (B, M, 2F, frames)."""
        frames = padded.unfold(-1, basis.shape[-1], self.hop_length).transpose(-1, -2)  # (B, M, taps, frames)
        # BLAS knows no overlapping operands: without a copy the product takes ten times as long.
        return basis @ frames.contiguous()

    def basis_of(self, x: Tensor) -> Tensor:
        """The taps (2F, taps) for a series (B, M, T), in its dtype and on its device."""
        if self._cast is None or self._cast.dtype != x.dtype or self._cast.device != x.device:
            with torch.inference_mode(False):  # else it could not be used for training later
                self._cast = self.basis.to(x.dtype).to(x.device)
        return self._cast

    def _rotate(self, spectrum: Tensor) -> Tensor:
        """Move the phase reference from the frame's centre to time 0."""
        cosine, sine = phases(
            self.bins, spectrum.shape[-1], 0, self.hop_length, self.n_fft, spectrum.dtype, spectrum.device
        )
        real, imag = spectrum.unbind(-3)
        return torch.stack([real * cosine + imag * sine, imag * cosine - real * sine], dim=-3)


# Shared by all models of the process: made on the CPU, whatever torch's default device is at the time.
_CPU = torch.device("cpu")


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # a tensor made in inference mode could not be used for training later
def phases(
    bins: int,
    count: int,
    first: int,
    step: int,
    n_fft: int,
    dtype: torch.dtype = torch.float64,
    device: torch.device | None = None,
) -> tuple[Tensor, Tensor]:
    """Cosine and sine of 2 pi f tau / n_fft, each (bins, count), at tau = first, first + step, …"""
    times = first + step * torch.arange(count, device=_CPU)
    turns = torch.outer(torch.arange(bins, device=_CPU), times).remainder(n_fft)  # exact, in whole numbers
    angles = 2 * math.pi * turns.double() / n_fft
    return angles.cos().to(dtype).to(device), angles.sin().to(dtype).to(device)


def reflect(x: Tensor, width: int) -> Tensor:
    """Reflect (..., T) at both ends by ``width`` steps, again and again where the series is shorter.

    Written with flips because the backward pass of reflection padding is not deterministic on CUDA.
    """
    while width > 0:
        step = min(width, x.shape[-1] - 1)
        if step == 0:  # a single step has nothing to reflect
            return x.repeat_interleave(2 * width + 1, dim=-1)
        left, right = x[..., 1 : step + 1].flip(-1), x[..., -step - 1 : -1].flip(-1)
        x = torch.cat([left, x, right], dim=-1)
        width -= step
    return x
