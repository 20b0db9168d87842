"""Run and floor records, read back and gathered into tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from specar.cached import check_record
from specar.config import Cell, RunConfig, cell_id, run_id
from specar.config.tasks import TASK_INFO
from specar.errors import SpecarError
from specar.files import read_json, write_text
from specar.plan import Plan

_CELL_NAMES = ("cell", "task", "dataset", "setting", "protocol")
_NAMES = ("run_id", "task", "dataset", "setting", "top", "architecture", "protocol", "seed", "cell")
COLUMNS = (*_NAMES, "weight", "metric", "value")
FLOOR_COLUMNS = (*_CELL_NAMES, "weight", "baseline", "metric", "value")
_CONTENT = ("metrics", "details", "examples", "data", "provenance")


def read_record(path: Path, name: str) -> dict[str, Any] | None:
    """Read the record of run ``name``; None where the run has not been done.

    Raises
    ------
    SpecarError
        The record is damaged or belongs to another run.
    """
    return _read(path, "run_id", name, _NAMES)


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


def collected_rows(plan: Plan, task: str) -> Iterator[dict[str, Any]]:
    """Yield a row per finished run of the plan and metric."""
    for name in plan.runs_of(task):
        if name in plan.cached_runs:
            check_record(plan.record_file(name), name)
        record = read_record(plan.record_file(name), name)
        if record is not None:
            yield from _rows(record, COLUMNS)


def floor_rows(plan: Plan, task: str) -> Iterator[dict[str, Any]]:
    """Yield a row per cell of the plan, baseline and metric."""
    for cell in plan.cells_of(task):
        for baseline in TASK_INFO[task].baselines:
            record = read_floor(plan.floor_file(cell, baseline), cell)
            if record is not None:
                yield from _rows(record, FLOOR_COLUMNS)


def _rows(record: dict[str, Any], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    weight = record["examples"]["test"] if TASK_INFO[record["task"]].weighted else 1
    for metric, value in record["metrics"].items():
        own = {"weight": weight, "metric": metric, "value": value}
        yield {key: own[key] if key in own else record[key] for key in columns}


def collect(plan: Plan, task: str) -> None:
    """Write the finished runs and the floors of a task, as CSV."""
    _write(plan.collected(task), COLUMNS, collected_rows(plan, task))
    _write(plan.collected_floors(task), FLOOR_COLUMNS, floor_rows(plan, task))


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def requested_rows(plan: Plan, task: str) -> list[dict[str, Any]]:
    """A row per run that the plan asks for, in the columns that name it."""
    return [describe(plan.runs[name]) for name in plan.runs_of(task)]


def describe(run: RunConfig) -> dict[str, Any]:
    """What names a run to a reader of its record or of a table."""
    values = (
        run_id(run),
        run.task,
        run.dataset,
        run.setting,
        run.model.top,
        run.model.architecture,
        run.protocol,
        run.seed,
        cell_id(run.cell),
    )
    return dict(zip(_NAMES, values, strict=True))


def describe_cell(cell: Cell) -> dict[str, Any]:
    """What names a cell to a reader of a floor's record or of a table."""
    values = (cell_id(cell), cell.task, cell.dataset, cell.setting, cell.protocol)
    return dict(zip(_CELL_NAMES, values, strict=True))
