"""iTransformer: attention between channels, each of them embedded whole.

Liu, Hu, Zhang, Wu, Wang, Ma and Long, "iTransformer: Inverted Transformers Are Effective for Time Series
Forecasting", ICLR 2024. Reconstruction and classification as Time-Series-Library has them: the map out leads
to the input's steps, or from all channels to the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from specar.models.parts_work import full_attention, product
from specar.models.settings import Attention
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn


class Config(Attention):
    """The settings of iTransformer."""

    e_layers: int = Field(2, ge=1, le=64, description="layers of attention")
    d_ff: int = Field(512, ge=1, le=65_536, description="values inside the feed-forward of a channel")


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.itransformer.net import ITransformer

    return ITransformer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    d_model, count = config.d_model, shape.channels + shape.time_features
    layer = full_attention(config)(count, count)
    layer += product(count, d_model, config.d_ff) + product(count, config.d_ff, d_model)
    head = (shape.channels, d_model, shape.pred_len or shape.seq_len)
    if shape.classes:
        head = (1, shape.channels * d_model, shape.classes)
    return product(count, shape.seq_len, d_model, of_data=True) + layer * config.e_layers + product(*head)
