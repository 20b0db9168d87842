"""PatchTST: attention between patches of steps, of each channel alone.

Nie, Nguyen, Sinthong and Kalagnanam, "A Time Series is Worth 64 Words: Long-term Forecasting with
Transformers", ICLR 2023. Reconstruction and classification as Time-Series-Library has them: the map out leads
to the input's steps, or from all channels to the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from specar.base.errors import SpecarError
from specar.models.parts_work import full_attention, product
from specar.models.settings import Attention
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

BATCH_DEPENDENT = "training"  # by the batch norm between the layers


class Config(Attention):
    """The settings of PatchTST."""

    d_model: int = Field(128, ge=1, le=8192, description="values M of a patch")
    n_heads: int = Field(16, ge=1, le=1024, description="heads of the attention, at most d_model")
    e_layers: int = Field(3, ge=1, le=64, description="layers of attention")
    d_ff: int = Field(256, ge=1, le=65_536, description="values inside the feed-forward of a patch")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of values dropped in training")
    patch_len: int = Field(16, ge=1, le=10_000, description="steps of a patch")
    stride: int = Field(
        8, ge=1, le=10_000, description="steps between patches, and of the last value after all"
    )

    def patches(self, shape: SeriesShape) -> int:
        """Number of patches. SpecarError: the input is shorter than one."""
        beyond = shape.seq_len + self.stride - self.patch_len
        if beyond < 0:
            reach = f"{shape.seq_len} steps and {self.stride} more"
            raise SpecarError(f"patchtst: {reach} are less than a patch of {self.patch_len}")
        return beyond // self.stride + 1


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.patchtst.net import PatchTST

    return PatchTST(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    d_model, count = config.d_model, config.patches(shape)
    layer = full_attention(config)(count, count)
    layer += product(count, d_model, config.d_ff) + product(count, config.d_ff, d_model)
    total = product(count, config.patch_len, d_model, of_data=True) + layer * config.e_layers
    if shape.classes:
        return total * shape.channels + product(1, shape.channels * count * d_model, shape.classes)
    return (total + product(1, count * d_model, shape.pred_len or shape.seq_len)) * shape.channels
