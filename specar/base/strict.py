"""The base of every model of the configuration: unknown keys are errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator


class Strict(BaseModel):
    """Immutable pydantic model that refuses unknown keys, and true and false where a number is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def __copy__(self) -> Self:
        """A copy without what was computed of this one (cached properties): it may get other values."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    @model_validator(mode="before")
    @classmethod
    def _no_bool_for_a_number(cls, values: Any) -> Any:
        for name, value in values.items() if isinstance(values, dict) else ():
            parts = [value, *value] if isinstance(value, list | dict) else [value]
            if any(isinstance(part, bool) for part in parts) and not _takes_bool(cls, str(name)):
                raise ValueError(f"{name:.80}: true and false (and yes, no, on, off) are no value for it")
        return values


@cache
def _takes_bool(model: type[BaseModel], field: str) -> bool:
    pending: list[Any] = [model.model_fields[field].annotation if field in model.model_fields else Any]
    while pending:
        one = pending.pop()
        if one in (bool, Any):
            return True
        pending += get_args(one)
    return False


def one_line(text: str, most: int = 800) -> str:
    """Return text as one line, with signs that do not print escaped, and cut where it is very long."""
    plain = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in re.sub(r"\s+", " ", text))
    return plain if len(plain) <= most else f"{plain[:most]} …"


def problems(error: ValidationError) -> str:
    """Say in one line what is wrong and where."""
    return listed(error, lambda one: problem_text(".".join(map(str, one["loc"])), one))


def listed(error: ValidationError, say: Callable[[Mapping[str, Any]], str], most: int = 5) -> str:
    """Join what is wrong in one line; of many problems the first ones."""
    more = [f"and {error.error_count() - most} more"] if error.error_count() > most else []
    unknown_first = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    return "; ".join([*(one_line(say(one)) for one in unknown_first[:most]), *more])


def problem_text(place: str, problem: Mapping[str, Any]) -> str:
    """Say what is wrong at ``place``, from one of pydantic's errors."""
    message = problem["msg"].removeprefix("Value error, ")
    given = "" if problem["type"] == "value_error" else f", got {problem['input']!r:.80}"
    return f"{place:.200}: {message}{given}" if place else f"{message}{given}"
