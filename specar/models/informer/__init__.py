"""Informer: attention for the queries that a sample of keys calls for, and an encoder that halves the series.

Zhou, Zhang, Peng, Zhang, Li, Xiong and Zhang, "Informer: Beyond Efficient Transformer for Long Sequence
Time-Series Forecasting", AAAI 2021; other tasks as in the comparison of TimesNet (Wu et al., ICLR 2023).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from specar.models import transformer
from specar.models.parts_work import Works, attention_maps, product, work_of
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

BATCH_DEPENDENT = "training"  # by the batch norm between the layers of the encoder
FUTURE_TIME = True
RELEASED = (
    (r"^encoder\.conv_layers\.(\d+)\.downConv\.", r"shorten.\1.0."),
    (r"^encoder\.conv_layers\.(\d+)\.norm\.", r"shorten.\1.1."),
    *transformer.RELEASED,
)
RELEASED_UNUSED = transformer.RELEASED_UNUSED


class Config(transformer.Config):
    """The settings of Informer."""

    factor: int = Field(1, ge=1, le=10_000, description="times log of the steps: the queries and keys taken")
    distil: bool = Field(
        True, description="whether the encoder halves the series after all layers but the last"
    )

    def taken(self, steps: int) -> int:
        """How many of the steps are sampled, or ask."""
        return min(max(self.factor * math.ceil(math.log(steps)), 1), steps)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.informer.net import Informer

    return Informer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds; the sample has no gradient."""
    inner, lengths = config.d_model // config.n_heads * config.n_heads, [shape.seq_len]
    shortened = config.e_layers - 1 if config.distil and shape.pred_len else 0
    convolutions = Work(0, 0, 0)
    for layer in range(config.e_layers):
        length = lengths[-1]
        if layer < shortened:
            convolutions += product(length + 2, 3 * config.d_model, config.d_model)
        lengths.append((length + 3) // 2 if layer < shortened else length)

    def attention(steps: int, asked: int) -> Work:
        number = config.taken(steps)
        sampled = steps * config.taken(asked) * inner if number < steps else 0
        pairs = number * asked
        scored = Work(2 * pairs * inner + sampled, 6 * pairs * inner + sampled, config.n_heads * pairs)
        return attention_maps(config, steps, asked) + scored

    return work_of(config, shape, Works(attention, attention, attention), lengths) + convolutions
