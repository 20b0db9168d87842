"""Autoformer: series that are split into season and trend again and again, and compared with their own past.

Wu, Xu, Wang and Long, "Autoformer: Decomposition Transformers with Auto-Correlation for Long-Term Series
Forecasting", NeurIPS 2021; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from specar.models import transformer
from specar.models.parts_work import Works, attention_maps, product, work_of
from specar.models.settings import MovingAverage
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

BATCH_DEPENDENT = "training"  # there the delays are those of the batch
FUTURE_TIME = True
RELEASED = (
    (r"^(en|de)coder\.norm\.layernorm\.", r"\1coder.end.norm."),
    (r"^decoder\.projection\.", "decoder.head."),
    (r"^(decoder\.layers\.\d+)\.projection\.", r"\1.trend."),
    *transformer.RELEASED,
)
RELEASED_UNUSED = transformer.RELEASED_UNUSED


class DecompositionConfig(transformer.Config):
    """What all that decompose have for settings."""

    moving_avg: MovingAverage = 25


class Config(DecompositionConfig):
    """The settings of Autoformer."""

    factor: int = Field(1, ge=1, le=10_000, description="times log of the steps: the delays taken")


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.autoformer.net import AutoCorrelation, Autoformer
    from specar.models.transformer.net import Cores

    core = AutoCorrelation(config.factor)
    return Autoformer(config, shape, Cores(core, core, core))


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds but for the Fourier transforms."""
    maps = partial(attention_maps, config)
    return work_of(config, shape, Works(maps, maps, maps)) + trend_work(config, shape)


def trend_work(config: DecompositionConfig, shape: SeriesShape) -> Work:
    """Work of the maps from the decoder's trends to the channels."""
    steps = (config.label(shape) + shape.pred_len) * bool(shape.pred_len)
    return product(steps, 3 * config.d_model, shape.channels) * config.d_layers
