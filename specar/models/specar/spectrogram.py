"""Time-frequency transformation (Eq. 5): the short-time Fourier transform as one matrix product."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from specar.models.specar.transform import Phase, Sides, Style, TimeFrequency, phases

WINDOWS = ("hanning", "hamming", "rectangle", "blackman", "triang")


def window_values(name: str, length: int, style: Style = "paper") -> Tensor:
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
        return torch.ones(length, dtype=torch.float64, device="cpu")
    if name == "triang":
        distance = (torch.arange(length, dtype=torch.float64, device="cpu") - (length - 1) / 2).abs()
        return 1 - distance / ((length + length % 2) / 2)
    functions = {
        "hanning": torch.hann_window,
        "hamming": torch.hamming_window,
        "blackman": torch.blackman_window,
    }
    if name not in functions:
        raise ValueError(f"unknown window {name!r}; known: {', '.join(WINDOWS)}")
    return functions[name](length, periodic=periodic, dtype=torch.float64, device="cpu").clamp(min=0)


class Spectrogram(TimeFrequency):
    """STFT of every channel: (B, M, T) to (B, M, 2, F, frames), real and imaginary part.

    The window may be longer than the series. ``style``: ``paper`` is Eq. 5, ``released`` torch.stft of the
    authors' code, whose phase is relative to the frame; both are divided by sqrt(n_fft), which keeps the
    scale independent of the window length. ``phase``: ``frame`` is e^(-j 2 pi f (tau - t) / n_fft), so that a
    shifted series gives a shifted spectrogram, which convolutions over time rely on; ``absolute`` is e^(-j 2
    pi f tau / n_fft), as Eq. 5 is printed: a steady oscillation keeps its phase from frame to frame. The
    moduli are the same.
    """

    def __init__(
        self,
        window: str = "hamming",
        window_length: int = 16,
        n_fft: int | None = None,
        hop_length: int = 1,
        sides: Sides = "one",
        style: Style = "paper",
        phase: Phase = "frame",
    ) -> None:
        n_fft = n_fft or window_length
        if window_length < 2 or n_fft < window_length:
            raise ValueError(f"need 2 <= window_length <= n_fft, got {window_length} and {n_fft}")
        super().__init__(n_fft, hop_length, sides, style, phase)
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
