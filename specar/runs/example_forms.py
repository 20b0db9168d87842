"""What figures read of the examples of each task: a file without it is damaged."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    FiniteFloat,
    NonNegativeInt,
    TypeAdapter,
    model_validator,
)  # fmt: skip

Steps = Annotated[list[FiniteFloat | None], Field(min_length=1)]
Known = Annotated[list[FiniteFloat], Field(min_length=1)]
Rows = tuple[NonNegativeInt, NonNegativeInt]  # first, and the one behind the last


def _known_quantile(value: float) -> float:
    if value not in (0.5, 0.9):  # QUANTILES of specar.tasks.examples, which imports torch
        raise ValueError("figures know the quantiles 0.5 and 0.9")
    return value


class _Example(BaseModel):
    together: ClassVar[tuple[str, ...]] = ()  # drawn over the same steps

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len({len(getattr(self, name)) for name in self.together}) > 1:
            raise ValueError(f"{' and '.join(self.together)} differ in length")
        return self


class _Chosen(_Example):
    """One of two, by the quantile of its error among the candidates."""

    quantile: Annotated[FiniteFloat, AfterValidator(_known_quantile)]


class _Window(_Chosen):
    """A window of a task whose error is either of the two."""

    together = ("target", "prediction")
    input: Steps
    target: Known
    prediction: Known
    mse: FiniteFloat | None = None
    smape: FiniteFloat | None = None

    @model_validator(mode="after")
    def _has_an_error(self) -> Self:
        if self.mse is None and self.smape is None:
            raise ValueError("it has no mse or smape")
        return self


class _Hidden(_Chosen):
    together = ("target", "prediction", "observed")
    mse: FiniteFloat
    target: Known
    prediction: Known
    observed: list[bool]


class _Anomaly(_Example):
    together = ("input", "scores")
    first_row: NonNegativeInt
    segment: Rows
    segments: list[Rows]
    threshold: FiniteFloat
    scores_of: str
    input: Steps
    scores: Steps


_OF_TASK: dict[str, TypeAdapter[Any]] = {
    "long_term_forecast": TypeAdapter(tuple[_Window, _Window]),
    "short_term_forecast": TypeAdapter(tuple[_Window, _Window]),
    "imputation": TypeAdapter(tuple[_Hidden, _Hidden]),
    "classification": TypeAdapter(tuple[_Chosen, _Chosen]),
    "anomaly_detection": TypeAdapter(tuple[_Anomaly]),
}


def check_form(task: str, examples: Any) -> None:
    """Raise `pydantic.ValidationError` unless examples have what figures of their task draw."""
    _OF_TASK[task].validate_python(examples)
