"""A ledger of runs that are made up, in place of records."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import pandas as pd

from specar.config import Config, parse_config
from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.sources import baseline_labels, metrics_of
from specar.results.ledger import COLUMNS, Ledger, cells_of
from specar.results.rows import KEY, setting_label
from specar.runs.plan import Plan

# Series of the M4 subsets.
M4 = {"Yearly": 23000, "Quarterly": 24000, "Monthly": 48000, "Weekly": 359, "Daily": 4227, "Hourly": 414}


@dataclass(frozen=True)
class MadeUpPlan:
    """What the tables ask of a plan."""

    config: Config
    remarks: Mapping[str, str] = field(default_factory=dict)
    cached_runs: Collection[str] = ()
    tasks: tuple[str, ...] = tuple(TASK_INFO)

    def remarks_of(self, task: str) -> Mapping[str, str]:
        return self.remarks

    def has_ablation(self, name: str) -> bool:
        return False


def run(setting: Any = 96, seed: int = 1, **other: Any) -> dict[str, Any]:
    """A run of a plan: its key, its id, and the cell of its floors."""
    row = {
        "task": "long_term_forecast",
        "dataset": "ETTh1",
        "setting": setting_label(setting) if setting != "" else "",
        "model": "specar",
        "top": False,
        "protocol": "published",
        "seed": seed,
        **other,
    }
    cell = "-".join(str(row[name]) for name in ("task", "dataset", "setting", "protocol"))
    return {"run_id": "-".join(map(str, row.values())), **row, "cell": cell}


def results(of: dict[str, Any], values: Mapping[str, Any], weight: float = 1) -> list[dict[str, Any]]:
    """The rows of a finished run, as recorded: fractions where the tables have percent."""
    return [{**of, "weight": weight, "metric": metric, "value": value} for metric, value in values.items()]


def floors(
    of: dict[str, Any], baseline: str, values: Mapping[str, Any], weight: float = 1
) -> list[dict[str, Any]]:
    """The rows of a baseline on the cell of a run, as recorded."""
    return [
        {"cell": of["cell"], "weight": weight, "baseline": baseline, "metric": metric, "value": value}
        for metric, value in values.items()
    ]


def ledger(
    matrix: Iterable[dict[str, Any]],
    *done: list[dict[str, Any]],
    task: str = "long_term_forecast",
    floors: Iterable[list[dict[str, Any]]] = (),
    failed: Mapping[str, str] | None = None,
    note: str | None = None,
    models: Mapping[str, Any] | None = None,
    **plan: Any,
) -> Ledger:
    """The ledger of the runs of ``matrix``, of the rows of those that are finished, and of floors."""
    config = _config(json.dumps({"note": note, "models": dict(models or {})}))
    values = {(row["run_id"], row["metric"]): row for row in itertools.chain(*done)}
    finished = {name for name, _ in values}
    rows = [
        {
            **of,
            "metric": metric,
            "value": _finite(values.get((of["run_id"], metric), {}).get("value")) * about.scale,
            "weight": values.get((of["run_id"], metric), {}).get("weight", 1),
            "failed": of["run_id"] in (failed or {}) and of["run_id"] not in finished,
            "published_as": config.models[of["model"]].published_as or "",
        }
        for of in matrix
        if of["task"] == task
        for metric, about in metrics_of(task, of["protocol"]).items()
    ]
    columns = ["run_id", "cell", *KEY, "metric", "value", "weight", "failed", "published_as"]
    runs = pd.DataFrame(rows, columns=columns).merge(_floors(task, floors), how="left", on=["cell", "metric"])
    reasons = {name: text for name, text in (failed or {}).items() if name in set(runs["run_id"]) - finished}
    cells = cells_of(task, runs) if rows else pd.DataFrame(columns=[*COLUMNS, *baseline_labels(task)])
    return Ledger(cast(Plan, MadeUpPlan(config, **plan)), cells, runs, reasons)


@cache
def _config(text: str) -> Config:
    return parse_config(json.loads(text))


def _finite(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else math.nan


def _floors(task: str, floors: Iterable[list[dict[str, Any]]]) -> pd.DataFrame:
    names = [f"floor_{name}" for name in TASK_INFO[task].baselines]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in itertools.chain(*floors):
        place = found.setdefault((row["cell"], row["metric"]), {"floor_weight": row["weight"]})
        place[f"floor_{row['baseline']}"] = row["value"] * METRICS[row["metric"]].scale
    table = pd.DataFrame(found.values(), columns=[*names, "floor_weight"], dtype=float)
    keys = pd.DataFrame(list(found), columns=["cell", "metric"], dtype=object)
    return pd.concat([keys, table], axis=1)


def tidy(matrix: Iterable[dict[str, Any]], *done: list[dict[str, Any]], **other: Any) -> pd.DataFrame:
    """The cells of such a ledger."""
    return ledger(matrix, *done, **other).cells


def cell(table: pd.DataFrame, **where: Any) -> pd.Series:
    """The one row of a tidy table with these values."""
    rows = table
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, where
    return rows.iloc[0]
