"""LightTS: small MLPs over neighbouring steps, over steps that are equally far apart, and over channels.

Zhang, Zhang, Cao, Bian, Yi, Zheng and Li, "Less Is More: Fast Multivariate Time Series Forecasting with Light
Sampling-oriented MLP Structures", 2022. Reconstruction and classification as in the comparison of TimesNet
(Wu et al., ICLR 2023): what is forecast are the input's steps, and a linear map of them leads to the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from specar.base.strict import Strict
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

RELEASED = ()  # the names are the same


class Config(Strict):
    """The settings of LightTS."""

    d_model: int = Field(512, ge=16, le=8192, description="features of both samplings of a channel, twice")
    chunk_size: int = Field(
        24, ge=1, le=10_000, description="steps of a chunk, at most those of input, output"
    )

    def chunks(self, shape: SeriesShape) -> tuple[int, int]:
        """Steps of a chunk, and how many chunks the input fills; zeros complete the last."""
        size = min(self.chunk_size, shape.seq_len, shape.pred_len or shape.seq_len)
        return size, -(-shape.seq_len // size)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.lightts.net import LightTS

    return LightTS(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds of the linear maps; the gradient of the data is not needed."""
    size, number = config.chunks(shape)
    steps, features, channels = shape.pred_len or shape.seq_len, config.d_model // 4, shape.channels
    first, highway = 2 * channels * number * size * features, channels * number * size * steps
    rest = 2 * channels * (_exchange(features, features, number) + number * features)
    hidden = config.d_model // 2
    rest += channels * 2 * features * hidden + _exchange(hidden, steps, channels)
    rest += channels * steps * shape.classes
    elements = 2 * channels * number * (size + 2 * features) + channels * (hidden + 2 * steps) + shape.classes
    return Work(first + highway + rest, 2 * (first + highway) + 3 * rest, elements)


def _exchange(hidden: int, outputs: int, columns: int) -> int:
    """Multiply-adds of an exchange but for its first map."""
    inner = hidden // 4
    return columns * inner * (hidden + columns + outputs)
