"""Pyraformer: attention between the nodes of a pyramid, whose upper layers are means of ever more steps.

Liu, Yu, Liao, Li, Lin, Liu and Dustdar, "Pyraformer: Low-Complexity Pyramidal Attention for Long-Range Time
Series Modeling and Forecasting", ICLR 2022. Reconstruction and classification as in TimesNet's comparison (Wu
et al., ICLR 2023): linear maps of what each step and the nodes above it hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from specar.base.errors import SpecarError
from specar.models.parts_work import full_attention, product
from specar.models.settings import Attention
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

BATCH_DEPENDENT = "training"  # by the batch norm of the pyramid's layers
RELEASED = (
    (r"^encoder\.enc_embedding\.value_embedding\.tokenConv\.", "embedding.value."),
    (r"^encoder\.enc_embedding\.temporal_embedding\.(\w+)_embed\.", r"embedding.time.\1."),
    (r"^encoder\.conv_layers\.conv_layers\.(\d+)\.downConv\.", r"pyramid.coarser.\1.0."),
    (r"^encoder\.conv_layers\.conv_layers\.(\d+)\.norm\.", r"pyramid.coarser.\1.1."),
    (r"^encoder\.conv_layers\.", "pyramid."),
    (r"^encoder\.layers\.", "layers."),
    (r"\.slf_attn\.(query|key|value|out)_projection\.", r".attention.\1."),
    (r"\.pos_ffn\.w_1\.", ".feed_forward.0."),
    (r"\.pos_ffn\.w_2\.", ".feed_forward.3."),
    (r"\.pos_ffn\.layer_norm\.", ".norm."),
    (r"^projection\.", "head.linear."),
)
RELEASED_UNUSED = r"^embedding\.time\."  # made there also for tasks without time features


class Config(Attention):
    """The settings of Pyraformer."""

    d_model: int = Field(512, ge=4, le=8192, description="values M of a node")
    e_layers: int = Field(5, ge=1, le=64, description="layers of attention")
    d_ff: int = Field(2048, ge=1, le=65_536, description="values inside the feed-forward of a node")
    windows: list[Annotated[int, Field(ge=2, le=1000)]] | None = Field(
        None,
        min_length=1,
        max_length=16,
        description="nodes below a node of each upper layer; null: 4, 4, in short-term forecasts 2, 2",
    )
    inner_size: int = Field(5, ge=1, le=10_001, description="neighbours that a node attends to, with itself")

    def windows_of(self, shape: SeriesShape) -> list[int]:
        """Nodes below a node of each upper layer. SpecarError: the input is too short for them."""
        windows = self.windows or ([2, 2] if self.is_short(shape) else [4, 4])
        if self.sizes(shape.seq_len, windows)[-1] == 0:
            raise SpecarError(
                f"pyraformer: {shape.seq_len} steps are too few for a pyramid of windows {windows}"
            )
        return windows

    @staticmethod
    def is_short(shape: SeriesShape) -> bool:
        """Whether it is the short-term forecast, of series without dates: those are scaled one by one."""
        return bool(shape.pred_len) and not shape.time_features

    @staticmethod
    def sizes(steps: int, windows: list[int]) -> list[int]:
        """Nodes of each layer of the pyramid."""
        sizes = [steps]
        for window in windows:
            sizes.append(sizes[-1] // window)
        return sizes


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.pyraformer.net import Pyraformer

    return Pyraformer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds, with attention of every node to every node."""
    windows, steps, d_model = config.windows_of(shape), shape.seq_len, config.d_model
    sizes, inner = config.sizes(steps, windows), d_model // 4
    total = product(steps, 3 * shape.channels, d_model, of_data=True) + product(steps, d_model, inner)
    for size, window in zip(sizes[1:], windows, strict=True):
        total += product(size, inner * window, inner) + product(size, inner, d_model)
    count = sum(sizes)
    layer = full_attention(config)(count, count)
    layer += product(count, d_model, config.d_ff) + product(count, config.d_ff, d_model)
    features = d_model * len(sizes)
    rows, outputs = (1, shape.pred_len * shape.channels) if shape.pred_len else (steps, shape.channels)
    if shape.classes:
        rows, features, outputs = 1, features * steps, shape.classes
    return total + layer * config.e_layers + product(rows, features, outputs)
