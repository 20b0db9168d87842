"""Settings that came after runs had been done, and the ids of those runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True)
class Later:
    """Marks a setting that older runs did without: ``name: Annotated[type, Later(value)] = value``.

    Where the setting has this value an id is made as if there were no such setting, so that older records
    keep their ids; a record that lacks the setting gets its default, which is the same value. Records say it
    all the same.
    """

    value: Any  # what older runs did, as the setting would say it; it never changes


def identity_of(model: BaseModel) -> dict[str, Any]:
    """Return the settings of a resolved configuration that its id is made of, as JSON values.

    These are all of them, at any depth, but those that say what older runs did without a word.
    """
    values = model.model_dump(mode="json")
    _leave_out(model, values)
    return values


def _leave_out(model: BaseModel, values: dict[str, Any]) -> None:
    marks = _later_settings(type(model))
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name in marks and marks[name].value == value:
            del values[name]
        elif isinstance(value, BaseModel):
            _leave_out(value, values[name])


@cache
def _later_settings(schema: type[BaseModel]) -> dict[str, Later]:
    fields = schema.model_fields.items()
    return {name: mark for name, field in fields for mark in field.metadata if isinstance(mark, Later)}
