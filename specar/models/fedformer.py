"""FEDformer: Autoformer with maps of, and attention between, some of the frequencies (its Fourier version).

Zhou, Ma, Wen, Wang, Sun and Jin, "FEDformer: Frequency Enhanced Decomposed Transformer for Long-term Series
Forecasting", ICML 2022; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023). That code draws
the frequencies anew for each network; here they are the same ones for the same number of steps.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from specar.base.seeds import derive_seed
from specar.models import autoformer
from specar.models.autoformer import Autoformer, DecompositionConfig, trend_work
from specar.models.parts import in_order_of_memory, spectrum
from specar.models.parts_work import Works, attention_maps, work_of
from specar.models.shape import SeriesShape, Work
from specar.models.transformer import Cores

FUTURE_TIME = True
RELEASED = (
    (r"\.inner_correlation\.weights1", ".core.real"),
    (r"\.inner_correlation\.weights2", ".core.imag"),
    *autoformer.RELEASED,
)
RELEASED_UNUSED = autoformer.RELEASED_UNUSED


class Config(DecompositionConfig):
    """The settings of FEDformer."""

    modes: int = Field(32, ge=1, le=10_000, description="frequencies taken at most, by chance")


def drawn(what: str, steps: int, modes: int) -> list[int]:
    """Numbers of the frequencies taken of a series of ``steps`` steps, in ascending order."""
    generator = np.random.default_rng(derive_seed("frequencies", what, steps))
    numbers: list[int] = generator.permutation(max(steps // 2, 1))[:modes].tolist()
    return sorted(numbers)


class Frequencies(nn.Module):
    """Takes of a series the frequencies drawn for ``steps`` steps, as far as it has them."""

    index: Tensor

    def __init__(self, what: str, steps: int, modes: int) -> None:
        super().__init__()
        self.numbers = drawn(what, steps, modes)
        self.register_buffer("index", torch.tensor(self.numbers), persistent=False)

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


def _lengths(shape: SeriesShape) -> dict[str, int]:
    """Steps of the series that frequencies are drawn for; the decoder's with half of the input."""
    decoded = shape.seq_len // 2 + shape.pred_len
    return {"encoder": shape.seq_len, "decoder": decoded, "queries": decoded, "keys": shape.seq_len}


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    sizes = (config.d_model, config.n_heads)
    own = {what: Frequencies(what, steps, config.modes) for what, steps in _lengths(shape).items()}
    encoder, decoder = (FourierBlock(*sizes, own[what]) for what in ("encoder", "decoder"))
    cross = FourierAttention(*sizes, own["queries"], own["keys"])
    return Autoformer(config, shape, Cores(encoder, decoder, cross), position=True)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds but for the Fourier transforms; a complex product is four real ones."""
    numbers = {what: drawn(what, steps, config.modes) for what, steps in _lengths(shape).items()}
    values = config.d_model // config.n_heads

    def mapped(what: str, steps: int, asked: int, used: str) -> Work:
        taken = bisect_left(numbers[what], steps // 2 + 1)
        attended = 2 * taken * len(numbers["keys"]) * config.n_heads * values if what == "queries" else 0
        products = 4 * (taken * config.n_heads * values**2 + attended)
        maps = attention_maps(config, steps, asked, used)
        return maps + Work(products, 3 * products, 2 * taken * config.d_model)

    encoder, decoder = (partial(mapped, what, used="q") for what in ("encoder", "decoder"))
    works = Works(encoder, decoder, partial(mapped, "queries", used="qk"))
    return work_of(config, shape, works) + trend_work(config, shape)


def released_config(options: Mapping[str, Any]) -> Config:
    """Return the settings of a network of the authors' code, whose program knows none for the frequencies.

    Raises
    ------
    ValueError
        The network took some frequencies only: its checkpoint does not say which.
    """
    names = set(Config.model_fields) - {"modes", "dropout"}
    config = Config(**{name: options[name] for name in names})
    steps = max(options["seq_len"], options["seq_len"] // 2 + options["pred_len"])
    if steps // 2 > config.modes:
        raise ValueError(f"of {steps // 2} frequencies the network drew {config.modes}, which are not stored")
    return config
