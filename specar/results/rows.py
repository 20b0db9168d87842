"""Runs as rows: those that were asked for, with the results and floors that are there."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from specar.base.errors import SpecarError
from specar.config import RunConfig, RunKey
from specar.config.key import has_own_look_back
from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.sources import metrics_of
from specar.runs.plan import Plan
from specar.runs.records import describe, read_floor, record_or_damage
from specar.runs.status import status_of

log = logging.getLogger(__name__)

KEY = list(RunKey._fields)
CELL = [*(name for name in KEY if name != "seed"), "metric"]
DONE, PARTIAL, FAILED, MISSING = "done", "partial", "failed", "missing"
NOT_REQUESTED = "not requested"
_COLUMNS = ["run_id", "cell", *KEY, "metric", "value", "weight", "failed", "published_as"]


def run_rows(plan: Plan, runs: Mapping[str, RunConfig], by_part: bool = False) -> pd.DataFrame:
    """Return a row per run and metric of its tables; ``by_part``: a row per part of a joined dataset.

    Returns
    -------
    DataFrame
        `KEY` (``setting`` as text, empty where the task varies none), ``run_id``, ``cell``, ``metric``,
        ``value`` in the printed unit (NaN where there is no finite one), ``weight`` in averages over
        datasets, ``failed`` (whether the run failed, or its record is damaged, and has no result) and
        ``published_as`` (text, empty for none).
    """
    rows = [row for name, run in runs.items() for row in _rows(plan, name, run, by_part)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _rows(plan: Plan, name: str, run: RunConfig, by_part: bool) -> Iterator[dict[str, Any]]:
    record, _ = record_or_damage(plan, name)
    named = {
        **describe(run),
        "setting": "" if run.setting is None else setting_label(run.setting),
        "failed": record is None and status_of(plan, name).state in (FAILED, "damaged"),
        "published_as": plan.config.models[run.model.label].published_as or "",
        "weight": _weight(record, run.task),
    }
    parts = getattr(plan.dataset(run.dataset), "parts", []) if by_part else []
    for dataset in parts or [run.dataset]:
        metrics = {} if record is None else record["parts"][dataset] if parts else record["metrics"]
        for metric, about in metrics_of(run.task, run.protocol).items():
            value = about.scale * _finite(metrics, metric)
            yield {**named, "dataset": dataset, "metric": metric, "value": value}


def _weight(record: Mapping[str, Any] | None, task: str) -> float:
    if not TASK_INFO[task].weighted:
        return 1.0
    return math.nan if record is None else float(record["examples"]["test"])


def _finite(metrics: Mapping[str, Any], name: str) -> float:
    value = float(metrics.get(name, math.nan))
    return value if math.isfinite(value) else math.nan


def floor_rows(plan: Plan, task: str) -> pd.DataFrame:
    """Return a row per cell of a plan and metric: ``cell``, ``metric``, a column per baseline, its weight."""
    baselines = {name: f"floor_{name}" for name in TASK_INFO[task].baselines}
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for cell in plan.cells_of(task):
        for name, column in baselines.items():
            if record := _floor(plan, cell, name):
                for metric in filter(METRICS.__contains__, record["metrics"]):  # not of other versions
                    row = rows.setdefault((cell, metric), {"floor_weight": _weight(record, task)})
                    row[column] = METRICS[metric].scale * _finite(record["metrics"], metric)
    table = pd.DataFrame(rows.values(), columns=[*baselines.values(), "floor_weight"], dtype=float)
    return table.assign(cell=[cell for cell, _ in rows], metric=[metric for _, metric in rows])


def _floor(plan: Plan, cell: str, baseline: str) -> dict[str, Any] | None:
    try:
        return read_floor(plan.floor_file(cell, baseline), plan.cell(cell))
    except SpecarError as error:  # a damaged one costs its own number
        log.warning("%s", error)
        return None


def ranked(values: Iterable[Any]) -> dict[Any, int]:
    """Return the place of each value, in the order in which they are first met."""
    return {value: place for place, value in enumerate(dict.fromkeys(values))}


def setting_label(value: Any) -> str:
    """Return a horizon or mask ratio as the paper prints it: 96, 96.0 and "96" are all ``96``."""
    return f"{float(value):.12g}" if has_own_look_back(value) else str(value)


def statistics(runs: pd.DataFrame, by: list[str], **further: tuple[str, Any]) -> pd.DataFrame:
    """Return mean (``ours``), ``sd``, number of ``seeds``, floors and ``state`` of every cell.

    ``by`` are the columns that make a cell; ``further`` are more columns to be aggregated, as of pandas.
    """
    floors = {str(c): (str(c), "first") for c in runs if str(c).startswith("floor_") and c != "floor_weight"}
    groups = runs.groupby(by, sort=False)
    cells = groups.agg(
        ours=("value", "mean"),
        sd=("value", "std"),
        seeds=("value", "count"),
        _rows=("run_id", "size"),
        _failed=("failed", "any"),
        **floors,
        **further,
    ).reset_index()
    some = np.where(cells["seeds"] > 0, PARTIAL, np.where(cells["_failed"], FAILED, MISSING))
    cells["state"] = np.where(cells["seeds"] == cells["_rows"], DONE, some)
    return cells.drop(columns=["_rows", "_failed"])


def behind(runs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the ids behind every cell, ``runs`` with a result and ``failed``, and number of seeds ``asked``.

    The ids are tuples, and NaN where there are none.
    """
    chosen = {"runs": runs["value"].notna(), "failed": runs["failed"].astype(bool)}
    columns: dict[str, pd.Series] = {
        name: runs[rows].groupby(by, sort=False)["run_id"].agg(lambda names: tuple(dict.fromkeys(names)))
        for name, rows in chosen.items()
    }
    columns["asked"] = runs.groupby(by, sort=False)["seed"].nunique()
    return pd.concat(columns, axis=1).reset_index()
