"""The network of FEDformer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from specar.models.autoformer.net import Autoformer
from specar.models.parts import in_order_of_memory, spectrum
from specar.models.shape import SeriesShape
from specar.models.transformer.net import Cores

if TYPE_CHECKING:
    from specar.models.fedformer import Config


class Frequencies(nn.Module):
    """Takes of a series the frequencies of these ``numbers``, as far as it has them."""

    index: Tensor

    def __init__(self, numbers: list[int]) -> None:
        super().__init__()
        self.numbers = numbers
        self.register_buffer("index", torch.tensor(numbers), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, H, L, E) to their numbers (n,) and the spectrum (B, H, n, E)."""
        index = self.index[: bisect_left(self.numbers, x.shape[2] // 2 + 1)]
        return index, spectrum(x).index_select(2, index)


class FourierMap(nn.Module):
    """A complex map of a head's values at each frequency taken, (n, E) to (E, n)."""

    def __init__(self, d_model: int, heads: int, frequencies: Frequencies) -> None:
        super().__init__()
        self.frequencies = frequencies
        size = (heads, d_model // heads, d_model // heads, len(frequencies.numbers))
        self.real, self.imag = (nn.Parameter(torch.rand(size) / d_model**2) for _ in range(2))


class FourierBlock(FourierMap):
    """That map of the queries; what comes out stands at the lowest frequencies."""

    def forward(self, q: Tensor, _: Tensor, __: Tensor) -> Tensor:
        """(B, H, L, E) to the same."""
        index, taken = self.frequencies(q)
        weights = torch.complex(self.real, self.imag)[..., : len(index)]
        mapped = torch.einsum("bhni,hion->bhon", taken, weights)  # (B, H, E, n)
        return in_order_of_memory(torch.fft.irfft(mapped, n=q.shape[2]), q)


class FourierAttention(FourierMap):
    """That map of what queries' frequencies get from those of the keys; values are not used."""

    def __init__(self, d_model: int, heads: int, frequencies: Frequencies, asked: Frequencies) -> None:
        super().__init__(d_model, heads, frequencies)
        self.asked, self.scale = asked, d_model**-2

    def forward(self, q: Tensor, k: Tensor, _: Tensor) -> Tensor:
        """(B, H, L, E), (B, H, S, E) to (B, H, L, E)."""
        index, queries = self.frequencies(q)
        keys = self.asked(k)[1]  # (B, H, m, E)
        scores = queries @ keys.transpose(2, 3)  # (B, H, n, m)
        attended = torch.complex(scores.real.tanh(), scores.imag.tanh()) @ keys
        weights = torch.complex(self.real, self.imag)[..., : len(index)]
        mapped = torch.einsum("bhni,hion->bhon", attended, weights) * self.scale  # (B, H, E, n)
        placed = mapped.new_zeros(*mapped.shape[:3], q.shape[2] // 2 + 1).index_copy(3, index, mapped)
        return in_order_of_memory(torch.fft.irfft(placed, n=q.shape[2]), q)


class FEDformer(Autoformer):
    """Autoformer with these maps and this attention; ``numbers`` are the frequencies drawn for each."""

    def __init__(self, config: Config, shape: SeriesShape, numbers: Mapping[str, list[int]]) -> None:
        sizes = (config.d_model, config.n_heads)
        own = {what: Frequencies(drawn) for what, drawn in numbers.items()}
        encoder, decoder = (FourierBlock(*sizes, own[what]) for what in ("encoder", "decoder"))
        cross = FourierAttention(*sizes, own["queries"], own["keys"])
        super().__init__(config, shape, Cores(encoder, decoder, cross), position=True)
