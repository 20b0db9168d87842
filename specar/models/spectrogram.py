"""Time-frequency transformation (Eq. 5): the short-time Fourier transform as one matrix product."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor, nn

WINDOWS = ("hanning", "hamming", "rectangle", "blackman", "triang")


def window_values(name: str, length: int, style: Literal["paper", "released"] = "paper") -> Tensor:
    """Return a window function (length,) in float64.

    ``paper``: symmetric about index length // 2, the step that a frame is centred on. An even window is
    the odd one of Eq. 5 without its last sample. ``released``: torch's periodic windows, and the
    symmetric triangular one.
    """
    if style == "paper":
        return _window(name, length + 1 - length % 2, periodic=False)[:length]
    return _window(name, length, periodic=True)


def _window(name: str, length: int, periodic: bool) -> Tensor:
    if name == "rectangle":
        return torch.ones(length, dtype=torch.float64)
    if name == "triang":
        distance = (torch.arange(length, dtype=torch.float64) - (length - 1) / 2).abs()
        return 1 - distance / ((length + length % 2) / 2)
    functions = {
        "hanning": torch.hann_window,
        "hamming": torch.hamming_window,
        "blackman": torch.blackman_window,
    }
    if name not in functions:
        raise ValueError(f"unknown window {name!r}; known: {', '.join(WINDOWS)}")
    return functions[name](length, periodic=periodic, dtype=torch.float64).clamp(min=0)


class Spectrogram(nn.Module):
    """STFT of every channel: (B, M, T) to (B, M, 2, F, frames), real and imaginary part.

    Parameters
    ----------
    window, window_length, n_fft, hop_length
        As usual; the window may be longer than the series.
    sides : {"one", "two"}
        Keep F = n_fft // 2 + 1 bins, or all F = n_fft.
    style : {"paper", "released"}
        ``paper``: Eq. 5. Frame t is centred on step t * hop, steps outside of the series are zero.
        There are ceil(T / hop) frames.
        ``released``: torch.stft of the authors' code, centred with reflection, phase relative to the
        frame, T // hop + 1 frames ((T - 1) // hop + 1 for an odd n_fft).
        Both are divided by sqrt(n_fft), which keeps the scale independent of the window length.
    phase : {"frame", "absolute"}
        What the phase of a ``paper`` frame refers to. ``frame``: its centre, e^(-j 2 pi f (tau - t) / n_fft),
        so that a shifted series gives a shifted spectrogram, which convolutions over time rely on.
        ``absolute``: time 0, e^(-j 2 pi f tau / n_fft), as Eq. 5 is printed: a steady oscillation keeps its
        phase from frame to frame. The moduli are the same.
    """

    basis: Tensor  # (2F, n_fft) in float64: cosine and sine rows with the window in them

    def __init__(
        self,
        window: str = "hamming",
        window_length: int = 16,
        n_fft: int | None = None,
        hop_length: int = 1,
        sides: Literal["one", "two"] = "one",
        style: Literal["paper", "released"] = "paper",
        phase: Literal["frame", "absolute"] = "frame",
    ) -> None:
        super().__init__()
        self.n_fft = n_fft or window_length
        if window_length < 2 or self.n_fft < window_length:
            raise ValueError(f"need 2 <= window_length <= n_fft, got {window_length} and {self.n_fft}")
        if hop_length < 1 or sides not in ("one", "two") or phase not in ("frame", "absolute"):
            raise ValueError(f"bad hop_length {hop_length}, sides {sides!r} or phase {phase!r}")
        self.rotated = style == "paper" and phase == "absolute"
        self.hop_length = hop_length
        self.style: Literal["paper", "released"] = style
        self.bins = self.n_fft // 2 + 1 if sides == "one" else self.n_fft
        self._cast: Tensor | None = None
        self.basis = self._make_basis(window_values(window, window_length, style))

    def _make_basis(self, window: Tensor) -> Tensor:
        # The window's centre lies on the frame's; torch.stft rounds differently where the parities differ.
        paper = self.style == "paper"
        left = self.n_fft // 2 - len(window) // 2 if paper else (self.n_fft - len(window)) // 2
        padded = nn.functional.pad(window, (left, self.n_fft - len(window) - left))
        # The phase of a paper frame refers to its centre; torch.stft takes the first sample.
        origin = self.n_fft // 2 if paper else 0
        cosine, sine = phases(self.bins, self.n_fft, -origin, 1, self.n_fft)
        return torch.cat([cosine, -sine]) * padded / math.sqrt(self.n_fft)

    def frames(self, steps: int) -> int:
        """Number of frames for a series of ``steps`` steps."""
        if self.style == "released":
            return (steps - self.n_fft % 2) // self.hop_length + 1
        return -(-steps // self.hop_length)

    def forward(self, x: Tensor) -> Tensor:
        """Transform (B, M, T) into (B, M, 2, F, frames)."""
        steps = x.shape[-1]
        before = self.n_fft // 2
        needed = (self.frames(steps) - 1) * self.hop_length + self.n_fft
        if self.style == "released":
            padded = reflect(x, before)[..., :needed]
        else:
            padded = nn.functional.pad(x, (before, max(0, needed - before - steps)))[..., :needed]
        frames = padded.unfold(-1, self.n_fft, self.hop_length)  # (B, M, frames, n_fft)
        spectrum = self._basis_like(x) @ frames.transpose(-1, -2)  # (B, M, 2F, frames)
        spectrum = spectrum.unflatten(-2, (2, self.bins))
        return self._rotate(spectrum) if self.rotated else spectrum

    def _basis_like(self, x: Tensor) -> Tensor:
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
    times = first + step * torch.arange(count)
    turns = torch.outer(torch.arange(bins), times).remainder(n_fft)  # exact, in whole numbers
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
