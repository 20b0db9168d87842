"""N-BEATS: blocks that each take their backcast from what is left of the input, and add a forecast.

Oreshkin, Carpov, Chapados and Bengio, "N-BEATS: Neural Basis Expansion Analysis for Interpretable Time Series
Forecasting", ICLR 2020: one network, not the ensemble of 180. A channel is forecast by itself. As in its
authors' code the forecast starts from the last value; ``normalise`` is not theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field

from specar.base.strict import Strict
from specar.models.parts_work import product
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

TASKS = ("long_term_forecast", "short_term_forecast")


class Stack(Strict):
    """Blocks of one basis."""

    basis: Literal["generic", "trend", "seasonality"] = Field(
        "generic", description="of backcast and forecast: learned, polynomials, or waves and a constant"
    )
    blocks: int = Field(1, ge=1, le=1000, description="number of blocks")
    width: int = Field(512, ge=1, le=65_536, description="values inside a block")
    shared: bool = Field(False, description="whether the blocks share their weights")


class Config(Strict):
    """The settings of N-BEATS."""

    stacks: list[Stack] = Field(
        [Stack(blocks=30)], min_length=1, max_length=1000, description="one after another; default: generic"
    )
    layers: int = Field(4, ge=1, le=100, description="layers of a block, before the coefficients")
    degree: int = Field(2, ge=0, le=20, description="degree of the polynomials")
    normalise: bool = Field(True, description="whether the input is brought to mean 0 and deviation 1")

    def terms(self, basis: str, shape: SeriesShape) -> int | None:
        """Number of functions of a fixed basis."""
        waves = max(shape.pred_len // 2 - 1, 0)
        return {"trend": self.degree + 1, "seasonality": 2 * waves + 1}.get(basis)


class BlockSize(NamedTuple):
    """Inputs and layers of a block, and the terms of its bases; None: the coefficients are the steps."""

    inputs: int
    layers: Sequence[int]
    backcast: int | None
    forecast: int | None


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.nbeats.net import nbeats

    return nbeats(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    return work_of(
        (
            BlockSize(shape.seq_len, [stack.width] * config.layers, *[config.terms(stack.basis, shape)] * 2)
            for stack in config.stacks
            for _ in range(stack.blocks)
        ),
        shape,
    )


def work_of(sizes: Iterable[BlockSize], shape: SeriesShape) -> Work:
    """Work of blocks; no gradient is needed of data and bases, and the last backcast has no effect."""
    total, blocks = Work(0, 0, 0), list(sizes)
    for number, block in enumerate(blocks):
        inputs = block.inputs
        for layer, width in enumerate(block.layers):
            total += product(1, inputs, width, of_data=not number and not layer)
            inputs = width
        ends = (
            (shape.seq_len, block.backcast, number < len(blocks) - 1),
            (shape.pred_len, block.forecast, True),
        )
        for steps, terms, used in ends:
            total += product(1, inputs, terms or steps, trained=used)
            if terms:
                total += product(1, terms, steps, of_data=True, trained=used)
    return total * shape.channels
