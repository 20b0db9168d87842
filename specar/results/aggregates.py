"""Lines over several cells: averages over settings or datasets, weighted as in the paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from specar.config.key import has_own_look_back
from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.published import parts_of
from specar.paper.sources import AVERAGE, baseline_labels, source_of
from specar.results.rows import DONE, FAILED, MISSING, NOT_REQUESTED, PARTIAL

_TABLE = ["task", "model", "top", "protocol"]


@dataclass(frozen=True)
class Aggregate:
    """A line of the table and the cells that it is taken over: settings of its dataset, or datasets."""

    dataset: str
    setting: str
    parts: list[str]

    @property
    def place(self) -> dict[str, str]:
        """Where a run that is one of its parts stands in it."""
        return {"dataset": self.dataset} | ({"setting": self.setting} if self.setting else {})


def aggregates_of(task: str, runs: pd.DataFrame, paper: pd.DataFrame) -> list[Aggregate]:
    """Return the aggregates of a task: of each dataset over its settings, or over datasets.

    Settings are those that the paper averages over; for a dataset that is not in the paper, all its
    settings in the matrix.
    """
    if TASK_INFO[task].setting is None:
        return [Aggregate(name, "", parts_of(task, name)) for name in source_of(task).aggregates]
    found = []
    for dataset in runs["dataset"].unique():
        settings = _settings(paper, dataset) or _settings(runs, dataset)
        found.append(Aggregate(dataset, AVERAGE, settings))
    return found


def _settings(table: pd.DataFrame, dataset: str) -> list[str]:
    settings = table.loc[table["dataset"] == dataset, "setting"].unique()
    return [setting for setting in settings if setting != AVERAGE and has_own_look_back(setting)]


def aggregate_statistics(task: str, runs: pd.DataFrame, aggregates: list[Aggregate]) -> pd.DataFrame:
    """Return ours, sd, seeds, floors and state of every aggregate.

    Each seed is aggregated by itself, so that sd is that of a seed's aggregate. Unless every run that
    the aggregate needs is done it stays empty: over fewer parts it would be another quantity. So do its
    floors.
    """
    rows: list[dict[str, Any]] = []
    for aggregate in aggregates:
        needed = needed_runs(runs, aggregate)
        groups = needed.groupby(_TABLE, sort=False)
        if len(groups):  # of all models at once
            seeds, floors = _by_seed(needed, aggregate.parts), _by_baseline(task, needed, aggregate.parts)
        for key, group in groups:
            names: dict[str, Any] = dict(zip(_TABLE, key, strict=True))
            names |= {"dataset": aggregate.dataset, "setting": aggregate.setting}
            metrics = list(group["metric"].unique())
            own = (pd.DataFrame(table.xs(key)[metrics]) for table in (seeds, floors))
            rows += [{**names, **row} for row in _rows(group, len(aggregate.parts), *own)]
    return pd.DataFrame(rows)


def needed_runs(runs: pd.DataFrame, aggregate: Aggregate) -> pd.DataFrame:
    """Return the runs that an aggregate is taken over, with the name of the part."""
    own = runs[runs["dataset"] == aggregate.dataset] if aggregate.setting else runs
    named = own.assign(part=own["setting" if aggregate.setting else "dataset"])
    return named[named["part"].isin(aggregate.parts)]


def _rows(group: pd.DataFrame, parts: int, seeds: pd.DataFrame, floors: pd.DataFrame) -> list[dict[str, Any]]:
    for metric in seeds.columns:
        _make_relative(seeds, floors, metric)
    asked = bool((group.groupby("seed")["part"].nunique() == parts).all())
    return [
        {
            "metric": metric,
            **_summary(values, asked, group[group["metric"] == metric]),
            **floors[metric],
        }
        for metric, values in seeds.items()
    ]


def _by_seed(runs: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    """Weighted mean over the parts, (tables and seeds, metrics)."""
    cells = runs.set_index([*_TABLE, "metric", "seed", "part"])
    return pd.DataFrame(_weighted(cells["value"], cells["weight"], parts).unstack("metric"))


def _by_baseline(task: str, runs: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    """The same of the floors, (tables and baselines, metrics)."""
    cells = runs.groupby([*_TABLE, "metric", "part"]).first()
    columns = {
        floor: _weighted(cells[floor], cells["floor_weight"], parts) for floor in baseline_labels(task)
    }
    wide = pd.DataFrame(pd.concat(columns, names=["floor"]).unstack("metric"))
    return wide.reorder_levels([*_TABLE, "floor"]).sort_index()


def _weighted(values: pd.Series, weights: pd.Series, parts: list[str]) -> pd.Series:
    wide, shares = (series.unstack("part").reindex(columns=parts) for series in (values, weights))
    return (wide * shares).sum(axis=1, skipna=False) / shares.sum(axis=1, skipna=False)


def _make_relative(seeds: pd.DataFrame, floors: pd.DataFrame, metric: str) -> None:
    """Recompute a relative metric from the aggregates of those that it is made of."""
    relative = METRICS[metric].relative
    if relative is None:
        return
    names = list(relative.metrics)
    reference = floors.loc[f"floor_{relative.baseline}", names]
    for table in (seeds, floors):
        table[metric] = (table[names] / reference).mean(axis=1, skipna=False)


def _summary(values: pd.Series, asked: bool, runs: pd.DataFrame) -> dict[str, Any]:
    empty = {"ours": np.nan, "sd": np.nan, "seeds": 0}
    if not asked:
        # This matrix can never fill the aggregate: a part, or a seed of one, is not in it.
        return {**empty, "state": NOT_REQUESTED}
    if values.isna().any():
        none = FAILED if runs["failed"].any() else MISSING
        return {**empty, "state": PARTIAL if runs["value"].notna().any() else none}
    return {"ours": values.mean(), "sd": values.std(), "seeds": len(values), "state": DONE}
