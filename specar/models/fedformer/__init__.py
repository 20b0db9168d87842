"""FEDformer: Autoformer with maps of, and attention between, some of the frequencies (its Fourier version).

Zhou, Ma, Wen, Wang, Sun and Jin, "FEDformer: Frequency Enhanced Decomposed Transformer for Long-term Series
Forecasting", ICML 2022; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023). That code draws
the frequencies anew for each network; here they are the same ones for the same number of steps.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from specar.base.seeds import derive_seed
from specar.models import autoformer
from specar.models.autoformer import DecompositionConfig, trend_work
from specar.models.parts_work import Works, attention_maps, work_of
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

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
    import numpy as np

    generator = np.random.default_rng(derive_seed("frequencies", what, steps))
    numbers: list[int] = generator.permutation(max(steps // 2, 1))[:modes].tolist()
    return sorted(numbers)


def _all_drawn(config: Config, shape: SeriesShape) -> dict[str, list[int]]:
    """The frequencies of each series that some are drawn for; the decoder's has half of the input."""
    decoded = shape.seq_len // 2 + shape.pred_len
    steps = {"encoder": shape.seq_len, "decoder": decoded, "queries": decoded, "keys": shape.seq_len}
    return {what: drawn(what, length, config.modes) for what, length in steps.items()}


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.fedformer.net import FEDformer

    return FEDformer(config, shape, _all_drawn(config, shape))


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds but for the Fourier transforms; a complex product is four real ones."""
    numbers = _all_drawn(config, shape)
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
