"""Non-stationary Transformer: of normalised series, with attention that learns of what the norm took away.

Liu, Wu, Wang and Long, "Non-stationary Transformers: Exploring the Stationarity in Time Series Forecasting",
NeurIPS 2022; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from specar.models import transformer
from specar.models.parts_work import Works, full_attention, product, work_of
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

FUTURE_TIME = True
RELEASED = (
    (r"^(tau|delta)_learner\.series_conv\.", r"\1.series."),
    (r"^(tau|delta)_learner\.backbone\.", r"\1.maps."),
    *transformer.RELEASED,
)
RELEASED_UNUSED = transformer.RELEASED_UNUSED


class Config(transformer.Config):
    """The settings of the Non-stationary Transformer."""

    p_hidden_dims: list[Annotated[int, Field(ge=1, le=8192)]] = Field(
        [128, 128], min_length=1, max_length=16, description="values inside the maps to tau and delta"
    )


def released_config(options: Mapping[str, Any]) -> Config:
    """Return the settings: the authors' program is told the sizes of the maps and, again, their number."""
    names = set(Config.model_fields) - {"dropout", "p_hidden_dims"}
    sizes = options["p_hidden_dims"][: options["p_hidden_layers"]]
    return Config(**{name: options[name] for name in names}, p_hidden_dims=sizes)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.nonstationary_transformer.net import NonstationaryTransformer

    return NonstationaryTransformer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds, those of the maps to tau and delta included."""
    total = work_of(config, shape, Works(*[full_attention(config)] * 3))
    for outputs in (1, shape.seq_len):
        total += product(shape.channels, 3 * shape.seq_len, 1, of_data=True)
        sizes = [2 * shape.channels, *config.p_hidden_dims, outputs]
        total = sum((product(1, *pair) for pair in pairwise(sizes)), total)
    return total
