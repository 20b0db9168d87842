"""Examples of what a run does, kept beside its record: ``examples.json``. Imports nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, FiniteFloat, PositiveInt, ValidationError, model_validator

from specar.base.errors import SpecarError
from specar.base.files import read_json, write_text
from specar.base.strict import problems
from specar.config import RunConfig
from specar.config.settings import Protocol, Task
from specar.runs.example_forms import check_form
from specar.runs.records import describe


def write_examples(
    path: Path,
    run: RunConfig,
    prepared_sha256: Mapping[str, str],
    git: Mapping[str, Any],
    examples: Mapping[str, Any],
) -> None:
    """Write examples compactly, a line per key, atomically.

    ``examples`` is what the task's ``examples`` returned, ``prepared_sha256`` and ``git`` say of which data
    and code. `SpecarError`: the folder cannot be written to or the disk is full.
    """
    data = {"prepared_sha256": dict(prepared_sha256)}
    content = {"format": 1, **describe(run), "data": data, "git": dict(git), **examples}
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'), allow_nan=False)}"
        for key, value in content.items()
    ]
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read_examples(path: Path, name: str) -> dict[str, Any] | None:
    """Read the examples of run ``name``; None where there are none.

    `SpecarError`: the file is damaged or belongs to another run.
    """
    if not path.exists():
        return None
    content = read_json(path)
    if not isinstance(content, dict) or content.get("run_id") != name:
        raise SpecarError(f"{path} holds no examples of {name}; delete it and make them again")
    try:
        check_form(_Examples.model_validate(content).task, content["examples"])
    except ValidationError as error:
        raise SpecarError(f"{path} is damaged: {problems(error)}; delete it and make it again") from error
    return content


class _Map(BaseModel):
    bins: PositiveInt
    frames: PositiveInt
    block: list[PositiveInt] = Field(min_length=2, max_length=2)
    values: list[list[FiniteFloat | None]]

    @model_validator(mode="after")
    def _is_a_map(self) -> Self:
        known = any(value is not None for row in self.values for value in row)
        if len({len(row) for row in self.values}) != 1 or not known:
            raise ValueError("values are no rows of one length with a number")
        return self


class _Maps(BaseModel):
    transform: str
    n_fft: PositiveInt
    hop_length: PositiveInt
    spectrogram: _Map
    features: _Map


class _Examples(BaseModel):
    """What figures read of the file."""

    format: Literal[1]
    task: Task
    dataset: str
    setting: int | float | str | None
    model: str
    top: bool
    protocol: Protocol
    seed: int
    data: dict[str, Any]
    git: dict[str, Any]
    how: str
    unit: str
    channel: str | None
    examples: list[dict[str, Any]] = Field(min_length=1)
    maps: _Maps | None


def check_examples(path: Path, record: dict[str, Any]) -> None:
    """Raise `SpecarError` unless a file holds examples of the run of ``record``, from the same data."""
    content = read_examples(path, record["run_id"])
    if content is None:
        raise SpecarError(f"{path} is missing")
    if content["data"]["prepared_sha256"] != record["data"]["prepared_sha256"]:
        raise SpecarError(f"{path} was made from other data than the record; make it again")
