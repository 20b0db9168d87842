"""Settings that several models have. Imports nothing heavy."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from specar.base.strict import Strict


def _odd(steps: int) -> int:
    if steps % 2 == 0:
        raise ValueError(f"it is an odd number of steps, not {steps}")
    return steps


MovingAverage = Annotated[
    int,
    Field(ge=1, le=10_001, description="steps of the moving average, an odd number"),
    AfterValidator(_odd),
]


class Attention(Strict):
    """The settings of attention with heads of d_model // n_heads values."""

    d_model: int = Field(512, ge=1, le=8192, description="values M of a step, node, patch or channel")
    n_heads: int = Field(8, ge=1, le=1024, description="heads of the attention, at most d_model")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of values dropped in training")

    @model_validator(mode="after")
    def _heads_have_values(self) -> Self:
        if self.n_heads > self.d_model:
            raise ValueError(f"n_heads is at most d_model, {self.d_model}, not {self.n_heads}")
        return self
