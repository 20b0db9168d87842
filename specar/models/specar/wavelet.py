"""The wavelet transform, the paper's stated alternative to the STFT as its TFT operator (Eq. 3)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from specar.models.specar.config import OMEGA, SUPPORT, wavelet_reach
from specar.models.specar.transform import Phase, Sides, Style, TimeFrequency, phases


class Scalogram(TimeFrequency):
    """Continuous wavelet transform of every channel, real and imaginary part.

    It takes the place of a `specar.models.specar.spectrogram.Spectrogram` of the same n_fft, hop, sides and
    style: same shapes, frames, padding and phase reference. Bin f has a complex Morlet wavelet

        W[t, f] = sum over tau of x[tau] psi((tau - t) / s)*,  psi(u) = c (e^(j OMEGA u) - k) e^(-u^2 / 2)

    at the scale s = OMEGA n_fft / (2 pi f), whose centre frequency is that of the bin, f / n_fft cycles per
    step (beyond n_fft / 2 negative, and so the conjugate kernel). The constant k takes its mean to zero: no
    bin but the first sees the level of a series. No scale gives bin 0 its frequency: it has the scaling
    function c e^(-u^2 / 2) at the longest scale, that of bin 1, which sees what lies below. Every kernel
    reaches SUPPORT scales to either side (7.6 n_fft / f steps in all), also beyond the series, and has unit
    energy (L2), which is the factor 1 / sqrt(s) of the usual definition. So have the kernels of the STFT with
    a rectangular window: white noise is equally strong in all bins of both.
    """

    def __init__(
        self,
        n_fft: int = 16,
        hop_length: int = 1,
        sides: Sides = "one",
        style: Style = "paper",
        phase: Phase = "frame",
    ) -> None:
        if n_fft < 2:
            raise ValueError(f"need n_fft of at least 2, got {n_fft}")
        super().__init__(n_fft, hop_length, sides, style, phase)
        self.basis = morlet_kernels(self.bins, n_fft)

    def basis_of(self, x: Tensor) -> Tensor:
        basis, steps = super().basis_of(x), x.shape[-1]
        middle = basis.shape[-1] // 2
        if self.style == "released" or steps >= middle:
            return basis
        return basis[:, middle - steps : middle + steps]  # further taps only meet the zeros around the series

    def _products(self, basis: Tensor, padded: Tensor) -> Tensor:
        # A convolution: frames this long would take much memory side by side.
        series = padded.reshape(-1, 1, padded.shape[-1])
        products = nn.functional.conv1d(series, basis.unsqueeze(1), stride=self.hop_length)
        return products.unflatten(0, padded.shape[:-1])


def morlet_kernels(bins: int, n_fft: int) -> Tensor:
    """Real and imaginary parts of the conjugate kernels of bins 0 … bins - 1, (2 bins, taps) in float64.

    The centre is tap taps // 2. Beyond n_fft / 2 the bins stand for negative frequencies.
    """
    number = torch.arange(bins, dtype=torch.float64, device="cpu")
    cycles = torch.minimum(number, n_fft - number).clamp(min=1)  # in n_fft steps; bin 0 as bin 1
    scales = OMEGA * n_fft / (2 * math.pi * cycles)
    reach = wavelet_reach(n_fft)
    # An even number of taps, as taps // 2 before the centre; the first one is zero.
    distance = torch.arange(-reach - 1, reach + 1, device="cpu").double() / scales.unsqueeze(1)
    envelope = torch.exp(-distance.square() / 2) * (distance.abs() <= SUPPORT)
    cosine, sine = phases(bins, 2 * reach + 2, -reach - 1, 1, n_fft)
    level = (envelope * cosine).sum(dim=1, keepdim=True) / envelope.sum(dim=1, keepdim=True)
    level[0] = 0  # the scaling function
    real, imag = envelope * (cosine - level), -envelope * sine
    energy = (real.square() + imag.square()).sum(dim=1, keepdim=True)
    return torch.cat([real, imag]) / torch.cat([energy, energy]).sqrt()
