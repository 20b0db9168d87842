"""Run records, read back and gathered into one table per task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specar.errors import SpecarError
from specar.files import read_json, write_text
from specar.plan import Plan

COLUMNS = (
    "run_id", "task", "dataset", "setting", "top", "architecture", "protocol", "seed", "metric", "value", "floor",
)  # fmt: skip


def read_record(folder: Path, run_id: str) -> dict[str, Any] | None:
    """Read ``metrics.json`` of a run; None where the run has not been done.

    Raises
    ------
    SpecarError
        The record is damaged or belongs to another run.
    """
    path = folder / run_id / "metrics.json"
    if not path.exists():
        return None
    record = read_json(path)
    if not isinstance(record, dict) or record.get("run_id") != run_id:
        raise SpecarError(f"{path} is not the record of {run_id}; delete it and re-run")
    return record


def collected_rows(plan: Plan, task: str) -> Iterator[dict[str, Any]]:
    """Yield a row per finished run of the plan and metric.

    ``floor`` is the lowest error that a naive baseline reaches on the same test windows.
    """
    for run_id in plan.runs_of(task):
        record = read_record(plan.records, run_id)
        if record is None:
            continue
        for metric, value in record["metrics"].items():
            floor = min(baseline[metric] for baseline in record["floors"].values())
            own = {"run_id": run_id, "metric": metric, "value": value, "floor": floor}
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
    return [
        {
            "run_id": run_id, "task": task, "dataset": run.dataset, "setting": run.setting, "top": run.model.top,
            "architecture": run.model.architecture, "protocol": run.protocol, "seed": run.seed,
        }
        for run_id, run in plan.runs.items()
        if run.task == task
    ]  # fmt: skip
