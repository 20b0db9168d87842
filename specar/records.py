"""Run records, read back and gathered into one table per task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specar.config import RunConfig, run_id
from specar.errors import SpecarError
from specar.files import read_json, write_text
from specar.plan import Plan

_NAMES = ("run_id", "task", "dataset", "setting", "top", "architecture", "protocol", "seed")
COLUMNS = (*_NAMES, "metric", "value", "floor")


def read_record(folder: Path, name: str) -> dict[str, Any] | None:
    """Read ``metrics.json`` in the folder of run ``name``; None where the run has not been done.

    Raises
    ------
    SpecarError
        The record is damaged or belongs to another run.
    """
    path = folder / "metrics.json"
    if not path.exists():
        return None
    record = read_json(path)
    if not isinstance(record, dict) or record.get("run_id") != name:
        raise SpecarError(f"{path} is not the record of {name}; delete it and re-run")
    if missing := [key for key in (*_NAMES, "metrics", "floors", "data") if key not in record]:
        raise SpecarError(f"{path} lacks {', '.join(missing)}; delete it and re-run")
    return record


def collected_rows(plan: Plan, task: str) -> Iterator[dict[str, Any]]:
    """Yield a row per finished run of the plan and metric.

    ``floor`` is the lowest error that a naive baseline reaches on the same test windows.
    """
    for name in plan.runs_of(task):
        record = read_record(plan.records / name, name)
        if record is None:
            continue
        for metric, value in record["metrics"].items():
            floor = min(baseline[metric] for baseline in record["floors"].values())
            own = {"run_id": name, "metric": metric, "value": value, "floor": floor}
            yield {key: own[key] if key in own else record[key] for key in COLUMNS}


def collect(plan: Plan, task: str, path: Path) -> int:
    """Write the finished runs of a task as CSV; returns the number of rows."""
    rows = list(collected_rows(plan, task))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
    return len(rows)


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
    )
    return dict(zip(_NAMES, values, strict=True))
