"""ETSformer: level, growth and season taken apart, by exponential smoothing and by the strongest frequencies.

Woo, Liu, Sahoo, Kumar and Hoi, "ETSformer: Exponential Smoothing Transformers for Time-series Forecasting",
2022. Reconstruction and classification as in the comparison of TimesNet (Wu et al., ICLR 2023): as many steps
are forecast as the input has, and the classes follow from growth and season.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from specar.base.strict import Strict
from specar.models.shape import SeriesShape, Work
from specar.models.specar.work import learned

if TYPE_CHECKING:
    from torch import nn

RELEASED = (
    (r"^enc_embedding\.value_embedding\.tokenConv\.", "embedding.value."),
    (r"^enc_embedding\.temporal_embedding\.embed\.", "embedding.time."),
    (r"^encoder\.", ""),
    (r"^decoder\.layers\.(\d+)\.growth_damping\._damping_factor$", r"layers.\1.damping"),
    (r"^decoder\.pred\.", "pred."),
    (r"\.(growth|level)_layer\.", r".\1."),
    (r"\._smoothing_weight$", ".decay"),
    (r"\.ff\.linear1\.", ".ff.0."),
    (r"\.ff\.linear2\.", ".ff.3."),
    (r"^projection\.", "head.linear."),
)
RELEASED_UNUSED = r"^(embedding\.time|pred)\.|^layers\.\d+\.(damping$|level\.)"


class Config(Strict):
    """The settings of ETSformer."""

    d_model: int = Field(512, ge=1, le=8192, description="channels M of the embedding, of all heads together")
    n_heads: int = Field(8, ge=1, le=256, description="heads, each with a smoothing and a damping of its own")
    d_ff: int = Field(2048, ge=1, le=8192, description="channels inside the feed-forward layers")
    e_layers: int = Field(5, ge=1, le=64, description="number of layers")
    top_k: int = Field(5, ge=1, le=1000, description="frequencies of the season, of short series all")
    dropout: float = Field(0.1, ge=0, lt=1)

    @model_validator(mode="after")
    def _divides(self) -> Config:
        if self.d_model % self.n_heads:
            raise ValueError(f"d_model {self.d_model} is no multiple of n_heads {self.n_heads}")
        return self


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.etsformer.net import ETSformer

    return ETSformer(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds but for the transforms; the last layer's rest is not used."""
    steps, d_model, layers = shape.seq_len, config.d_model, config.e_layers
    horizon = shape.pred_len or steps
    embedding = steps * d_model * (3 * shape.channels + shape.time_features)
    feed_forward = 2 * steps * d_model * config.d_ff
    layer = (2 * steps + 1) * d_model**2
    values = d_model * (8 * steps + 2 * horizon) + steps * config.d_ff
    if shape.classes:
        head = steps * d_model * shape.classes
    else:
        layer += 2 * steps * d_model * shape.channels
        head = 2 * horizon * d_model * shape.channels
    total = Work(embedding, 2 * embedding, steps * d_model) + learned(layer, values) * layers
    return (
        total
        + learned(feed_forward, 0) * (layers - 1)
        + Work(feed_forward, feed_forward, 0)
        + learned(head, 0)
    )
