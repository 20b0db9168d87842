"""Run and floor records, read back and gathered into tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.base.files import read_json, read_json_lines
from specar.config import Cell, RunConfig, RunKey, cell_id, run_id
from specar.config.load import explain

if TYPE_CHECKING:
    from specar.runs.plan import Plan

Resolved = TypeVar("Resolved", bound=Cell)

_CELL_NAMES = ("cell", "task", "dataset", "setting", "protocol")
_NAMES = ("run_id", *RunKey._fields, "cell")
_CONTENT = ("metrics", "details", "examples", "data", "provenance")


def read_record(path: Path, name: str) -> dict[str, Any] | None:
    """Read the record of run ``name``; None where the run has not been done.

    Raises
    ------
    SpecarError
        The record is damaged or belongs to another run.
    """
    return _read(path, "run_id", name, _NAMES)


def read_history(path: Path, name: str) -> list[dict[str, Any]]:
    """What each epoch of run ``name`` left: epoch, train_loss, val (metrics by name), seconds, peak memory.

    From its record ``path``, or where that is without it from ``history.jsonl`` beside it; empty where the
    run has not been done or neither is there.

    Raises
    ------
    SpecarError
        The record or the history is damaged.
    """
    record = read_record(path, name)
    if record is None or "history" in record:
        return list(record["history"]) if record else []
    lines = path.with_name("history.jsonl")
    return read_json_lines(lines) if lines.exists() else []


def read_floor(path: Path, cell: str) -> dict[str, Any] | None:
    """Read the record of one baseline; None where it has not been computed.

    Raises
    ------
    SpecarError
        The record is damaged or belongs to another cell.
    """
    return _read(path, "cell", cell, (*_CELL_NAMES, "baseline"))


def _read(path: Path, key: str, name: str, names: Sequence[str]) -> dict[str, Any] | None:
    if not path.exists():
        return None
    record = read_json(path)
    if not isinstance(record, dict) or record.get(key) != name:
        raise SpecarError(f"{path} is not the record of {name}; delete it and re-run")
    if missing := [part for part in (*names, *_CONTENT) if part not in record]:
        raise SpecarError(f"{path} lacks {', '.join(missing)}; delete it and re-run")
    return record


def check_record(path: Path, name: str) -> RunConfig:
    """Return the configuration of a record if the present code gives it the id ``name``.

    Raises
    ------
    SpecarError
        The record is damaged, of other code or another run, or a metric is not finite.
    """
    record = read_record(path, name)
    if record is None:
        raise SpecarError(f"{path} is missing")
    run = _config(path, record.get("config"), RunConfig)
    _same_id(path, name, run_id(run))
    if not all(
        isinstance(value, float | int) and math.isfinite(value) for value in record["metrics"].values()
    ):
        raise SpecarError(f"{path} has a metric that is not finite; train the run again")
    return run


def check_floor(path: Path, cell: str) -> None:
    """Check that a floor record is one of ``cell``, as the present code names it.

    Raises
    ------
    SpecarError
        It is damaged, of other code or another cell.
    """
    record = read_floor(path, cell)
    if record is None:
        raise SpecarError(f"{path} is missing")
    _same_id(path, cell, cell_id(_config(path, record.get("config"), Cell)))
    if record["baseline"] != path.stem:
        raise SpecarError(f"{path} is the record of {record['baseline']}; compute the floors again")


def _config(path: Path, values: Any, schema: type[Resolved]) -> Resolved:
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise SpecarError(f"{path} does not fit the present code: {explain(error)}") from error


def _same_id(path: Path, name: str, actual: str) -> None:
    if actual != name:
        raise SpecarError(
            f"{path}: the present code calls this configuration {actual}; remove it and do it again"
        )


def finished_record(plan: Plan, name: str) -> dict[str, Any] | None:
    """Read the record of a run of the plan, wherever it is taken from; None where there is none.

    Raises
    ------
    SpecarError
        The record is damaged, belongs to another run, or comes with the project and is of other code.
    """
    if name in plan.cached_runs:
        check_record(plan.record_file(name), name)
    return read_record(plan.record_file(name), name)


def describe(run: RunConfig) -> dict[str, Any]:
    """What names a run to a reader of its record or of a table."""
    return {"run_id": run_id(run), **run.key._asdict(), "cell": cell_id(run.cell)}


def describe_cell(cell: Cell) -> dict[str, Any]:
    """What names a cell to a reader of a floor's record or of a table."""
    values = (cell_id(cell), cell.task, cell.dataset, cell.setting, cell.protocol)
    return dict(zip(_CELL_NAMES, values, strict=True))
