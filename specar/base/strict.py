"""The base of every model of the configuration: unknown keys are errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Strict(BaseModel):
    """Immutable pydantic model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def problems(error: ValidationError) -> str:
    """Say in one line what is wrong and where."""
    return "; ".join(problem_text(".".join(map(str, one["loc"])), one) for one in error.errors())


def problem_text(place: str, problem: Mapping[str, Any]) -> str:
    """Say what is wrong at ``place``, from one of pydantic's errors."""
    message = problem["msg"].removeprefix("Value error, ")
    given = "" if problem["type"] == "value_error" else f", got {problem['input']!r:.80}"
    return f"{place}: {message}{given}" if place else f"{message}{given}"
