"""Transformer: an encoder of the look-back window and a decoder of what follows it, with full attention.

Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin, "Attention Is All You Need", NeurIPS
2017. The decoder gets the last steps of the window and zeros, as Informer's does (Zhou et al., AAAI 2021);
reconstruction and classification are as in the comparison of TimesNet (Wu et al., ICLR 2023): a linear map
of the encoder's output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from specar.base.errors import SpecarError
from specar.models.parts_work import Works, full_attention, work_of
from specar.models.settings import Attention
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

FUTURE_TIME = True
RELEASED = (
    (r"^enc_embedding\.", "embedding."),
    (r"^dec_embedding\.", "decoder_embedding."),
    (r"value_embedding\.tokenConv", "value"),
    (r"temporal_embedding\.embed", "time"),
    (r"^encoder\.attn_layers\.", "encoder.layers."),
    (r"^encoder\.norm\.", "encoder.end."),
    (r"^decoder\.norm\.", "decoder.end.0."),
    (r"^decoder\.projection\.", "decoder.end.1."),
    (r"^projection\.", "head.linear."),
    (r"\.self_attention\.", ".attention."),
    (r"\.cross_attention\.", ".cross."),
    (r"\.(query|key|value|out)_projection\.", r".\1."),
    (r"\.conv1\.", ".feed_forward.0."),
    (r"\.conv2\.", ".feed_forward.3."),
)
RELEASED_UNUSED = r"^decoder|\.time\."  # made there also for tasks without forecast or time features


class Config(Attention):
    """The settings of the Transformer."""

    e_layers: int = Field(5, ge=1, le=64, description="layers of the encoder")
    d_layers: int = Field(1, ge=1, le=64, description="layers of the decoder, for forecasts")
    d_ff: int = Field(2048, ge=1, le=65_536, description="values inside the feed-forward of a step")
    label_len: int | None = Field(
        None,
        ge=0,
        le=100_000,
        description="last steps of the input that the decoder sees; null: half of them",
    )

    def label(self, shape: SeriesShape) -> int:
        """Steps of the input that the decoder sees. SpecarError: there are not as many."""
        label_len = shape.seq_len // 2 if self.label_len is None else self.label_len
        if shape.pred_len and label_len > shape.seq_len:
            raise SpecarError(f"label_len is {label_len}, more than the {shape.seq_len} steps of the input")
        return label_len


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.parts import FullAttention
    from specar.models.transformer.net import Cores, Transformer

    full, causal = FullAttention(config.dropout), FullAttention(config.dropout, causal=True)
    return Transformer(config, shape, Cores(full, causal, full))


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    return work_of(config, shape, Works(*[full_attention(config)] * 3))
