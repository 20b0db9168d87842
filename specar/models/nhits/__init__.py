"""N-HiTS: N-BEATS whose stacks see the input at different rates, and interpolate between few forecast values.

Challu, Olivares, Oreshkin, Garza Ramirez, Mergenthaler Canseco and Dubrawski, "N-HiTS: Neural Hierarchical
Interpolation for Time Series Forecasting", AAAI 2023. Backcasts are interpolated as forecasts are, as the
paper writes it. As in its authors' code the forecast starts from the last value; ``normalise`` is not theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from specar.base.strict import Strict
from specar.models.nbeats import TASKS, BlockSize, work_of
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn

__all__ = ["TASKS", "Config", "build", "work"]

Rates = Annotated[list[Annotated[int, Field(ge=1, le=10_000)]], Field(min_length=1, max_length=100)]


class Config(Strict):
    """The settings of N-HiTS."""

    pool: Rates = Field([8, 4, 1], description="steps of which a stack sees the largest, per stack")
    steps_per_knot: Rates = Field(
        [24, 12, 1], description="steps of output per value between which is interpolated"
    )
    blocks: int = Field(1, ge=1, le=1000, description="blocks of a stack")
    layers: int = Field(2, ge=1, le=100, description="layers of a block, before the values")
    width: int = Field(512, ge=1, le=65_536, description="values inside a block")
    normalise: bool = Field(True, description="whether the input is brought to mean 0 and deviation 1")

    @model_validator(mode="after")
    def _of_the_same_stacks(self) -> Config:
        if len(self.pool) != len(self.steps_per_knot):
            ends = f"{len(self.pool)} and {len(self.steps_per_knot)}"
            raise ValueError(f"pool and steps_per_knot have a value per stack, not {ends}")
        return self

    def sizes(self, shape: SeriesShape) -> list[BlockSize]:
        """Sizes of the blocks of each stack."""
        ends, rates = (shape.seq_len, shape.pred_len), zip(self.pool, self.steps_per_knot, strict=True)
        found = []
        for pool, steps in rates:
            knots = (None if steps == 1 else -(-length // steps) for length in ends)
            found.append(BlockSize(-(-shape.seq_len // pool), [self.width] * self.layers, *knots))
        return found


def build(config: Config, shape: SeriesShape) -> nn.Module:
    """Build the network."""
    from specar.models.nhits.net import nhits

    return nhits(config, shape)


def work(config: Config, shape: SeriesShape) -> Work:
    """Count the multiply-adds."""
    return work_of((size for size in config.sizes(shape) for _ in range(config.blocks)), shape)
