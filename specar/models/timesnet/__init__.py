"""TimesNet: a series as planes, one period after another in rows, and convolutions over both.

Wu, Hu, Liu, Zhou, Wang and Long, "TimesNet: Temporal 2D-Variation Modeling for General Time Series Analysis",
ICLR 2023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from specar.base.strict import Strict
from specar.models.shape import SeriesShape, Work
from specar.models.specar.work import ends_work, learned, taps

if TYPE_CHECKING:
    from torch import nn

BATCH_DEPENDENT = True  # periods are those of the mean spectrum of the batch
RELEASED = (
    (r"^enc_embedding\.value_embedding\.tokenConv\.", "embedding.value."),
    (r"^enc_embedding\.temporal_embedding\.embed\.", "embedding.time."),
    (r"^predict_linear\.", "extend."),
    (r"^model\.(\d+)\.conv\.", r"blocks.\1.conv."),
    (r"^layer_norm\.", "norm."),
    (r"^projection\.", "head.linear."),
)
RELEASED_UNUSED = r"^embedding\.time\."


class Config(Strict):
    """The settings of TimesNet."""

    d_model: int = Field(512, ge=1, le=8192, description="channels M of the embedding")
    d_ff: int = Field(2048, ge=1, le=8192, description="channels between the two convolutions of a block")
    e_layers: int = Field(5, ge=1, le=64, description="number of blocks")
    top_k: int = Field(5, ge=1, le=1000, description="number of periods, of short series all that there are")
    num_kernels: int = Field(6, ge=1, le=64, description="kernels of 1, 3, 5, … steps that are averaged")
    dropout: float = Field(0.1, ge=0, lt=1)


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.timesnet.net import TimesNet

    return TimesNet(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds, with the lowest frequencies: which ones are strongest is up to the data."""
    total, size = ends_work(config.d_model, shape), 2 * config.num_kernels - 1
    frequencies = range(1, min(config.top_k, shape.steps // 2) + 1)
    for period in {shape.steps // frequency for frequency in frequencies}:
        rows = -(-shape.steps // period)
        places = taps(size, 1, rows) * taps(size, 1, period)
        values = rows * period * (config.d_model + config.d_ff)
        total += learned(2 * config.d_model * config.d_ff * places, values) * config.e_layers
    return total
