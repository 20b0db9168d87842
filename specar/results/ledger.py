"""The ledger: every number of a plan once, published and of our runs, in one key."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from specar.config import load_config
from specar.config.tasks import TASK_INFO
from specar.paper.counts import signs_of
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.published import PRINTED, printed_datasets, published, released_log
from specar.paper.sources import AVERAGE, baseline_labels, metrics_of, source_of
from specar.results.ablations import ablation_table
from specar.results.aggregates import Aggregate, aggregate_statistics, aggregates_of, needed_runs
from specar.results.rows import CELL, NOT_REQUESTED, behind, floor_rows, ranked, run_rows, statistics
from specar.runs.plan import Plan
from specar.runs.status import failures
from specar.runs.store import plan_of

_COMBINATION = ["task", "model", "protocol", "published_as"]
COLUMNS = [
    *CELL,
    *("published_as", "printed", "published", "released_log", "ours", "sd", "seeds", "asked"),
    *("deviation", "deviation_unit", "floor", "state", "runs", "failed"),
]


@dataclass(frozen=True)
class Ledger:
    """What a plan has of the paper: what tables, figures, verdicts and report are made of.

    ``cells`` has a row per cell (`CELL`), over the published cells of its models and those of its matrix, in
    the paper's order and unit. ``setting`` is text (``96``, ``0.25``, ``avg``; empty for a task without one).
    ``published_as`` is what the paper calls the model (empty: nothing is published of it), ``printed`` its
    number as printed and ``published`` the same as a float. ``ours`` is the mean over seeds of our runs and
    ``sd`` their sample standard deviation; ``seeds`` counts these seeds, ``asked`` those that were asked for.
    ``deviation`` is in percent of published, or in points for what is printed in percent, as
    ``deviation_unit`` says. ``floor`` is the best of the baselines, which follow as ``floor_…``. ``state`` is
    ``done``, ``partial``, ``failed`` (none is done and at least one failed), ``missing`` or ``not
    requested``. ``runs`` and ``failed`` are tuples of run ids: with a result, and failed. What is not there
    is NaN.

    ``runs`` has a row per run of the matrix and metric (see `specar.results.rows.run_rows`), and ``failed``
    why runs failed that have no record, by run id.
    """

    plan: Plan
    cells: pd.DataFrame
    runs: pd.DataFrame
    failed: Mapping[str, str]

    @cached_property
    def _ablations(self) -> dict[str, pd.DataFrame]:
        return {}

    def ablation(self, name: str) -> pd.DataFrame:
        """Return the results of an ablation, put together once; raises as `ablation_table`."""
        if name not in self._ablations:
            self._ablations[name] = ablation_table(self.plan, name)
        return self._ablations[name]

    def of(self, task: str) -> Ledger:
        """Return the part of one task, without the floors of others; empty where it has no runs."""
        cells, runs = (
            table[table["task"] == task].reset_index(drop=True) for table in (self.cells, self.runs)
        )
        floors = [c for c in cells if str(c).startswith("floor_")]
        others = [column for column in floors if column not in baseline_labels(task)]
        ids = set(runs["run_id"])
        failed = {name: reason for name, reason in self.failed.items() if name in ids}
        return replace(self, cells=cells.drop(columns=others), runs=runs, failed=failed)


def ledger_of(plan: Plan, tasks: Collection[str] = ()) -> Ledger:
    """Read the records of a plan, or of some of its tasks; what is not done or damaged is missing."""
    runs: list[pd.DataFrame] = []
    cells: list[pd.DataFrame] = []
    failed: dict[str, str] = {}
    for task in tasks or plan.tasks:
        rows = run_rows(plan, {name: plan.runs[name] for name in plan.runs_of(task)})
        runs.append(rows.merge(floor_rows(plan, task), how="left", on=["cell", "metric"]))
        cells.append(cells_of(task, runs[-1]))
        failed |= failures(plan, rows.loc[rows["value"].isna(), "run_id"].unique())
    if not runs:  # every dataset of the matrix is on request and not in place, say
        return Ledger(plan, pd.DataFrame(columns=COLUMNS), run_rows(plan, {}), failed)
    return Ledger(plan, pd.concat(cells, ignore_index=True), pd.concat(runs, ignore_index=True), failed)


def load_results(*config: str | Path) -> pd.DataFrame:
    """Read the results of a configuration as one table: every number, published beside our runs.

    Parameters
    ----------
    config
        Configuration files, later ones over earlier ones; without any, the paper in full. Their folders are
        taken from the working folder.

    Returns
    -------
    DataFrame
        A row per cell: see `Ledger.cells`.

    Raises
    ------
    SpecarError
        The configuration is wrong.

    Examples
    --------
    >>> import specar
    >>> cells = specar.load_results("config/cached.yaml")  # doctest: +SKIP
    >>> done = cells[cells["seeds"] > 0]  # doctest: +SKIP
    >>> done.pivot_table("ours", ["dataset", "setting", "metric"], ["model", "top"])  # doctest: +SKIP
    """
    return ledger_of(plan_of(load_config(*config))).cells


def cells_of(task: str, runs: pd.DataFrame) -> pd.DataFrame:
    """Set the runs of a task beside what is published of their models: see `Ledger.cells`.

    ``runs`` are those of `specar.results.rows.run_rows`, with their floors.
    """
    paper = published(task).rename(columns={"published": "printed"})
    paper = paper.assign(published=paper["printed"].astype(float))
    aggregates = aggregates_of(task, runs, paper)
    found = pd.concat([statistics(runs, CELL), aggregate_statistics(task, runs, aggregates)])
    over = [needed_runs(runs, one).assign(**one.place) for one in aggregates]
    table = _every_cell(task, runs, paper).merge(paper, how="left", on=PRINTED)
    log = released_log(task).assign(published_as=OURS)  # the authors', of their own model
    table = table.merge(log, how="left", on=["dataset", "metric", "published_as"])
    table = table.merge(found, how="left", on=CELL)
    table = table.merge(behind(pd.concat([runs, *over]), CELL), how="left", on=CELL)
    table = _filled(_with_deviation(table)).assign(floor=_best_floor(task, table))
    columns = [*COLUMNS, *baseline_labels(task)]
    return _in_paper_order(task, table, runs, aggregates).reindex(columns=columns)


def _every_cell(task: str, runs: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Every cell of the tables, each once: of the matrix, and what the paper prints of its models."""
    printed = paper[PRINTED].merge(runs[_COMBINATION].drop_duplicates(), on="published_as")
    shown = [str(row.metric) in metrics_of(task, str(row.protocol)) for row in printed.itertuples()]
    columns = [*CELL, "published_as"]
    cells = pd.concat([runs[columns], printed.loc[np.array(shown, dtype=bool), columns]])
    # Also where the paper does not print the aggregate: the imputation of ETTm2, own datasets.
    names = source_of(task).aggregates
    lines = [cells.assign(dataset=name) for name in names]
    if not names and TASK_INFO[task].setting:
        lines = [cells.assign(setting=AVERAGE)]
    return pd.concat([cells, *lines]).drop_duplicates()


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    counts = {name: table[name].fillna(0).astype(int) for name in ("seeds", "asked")}
    ids = {
        name: pd.Series([x if isinstance(x, tuple) else () for x in table[name]], table.index, dtype=object)
        for name in ("runs", "failed")
    }
    state = table["state"].fillna(NOT_REQUESTED)
    return table.assign(**counts, **ids, state=state, printed=table["printed"].fillna(""))


def _with_deviation(table: pd.DataFrame) -> pd.DataFrame:
    unit = table["metric"].map({name: metric.deviation_unit for name, metric in METRICS.items()})
    difference = table["ours"] - table["published"]
    deviation = np.where(unit == "percent", 100 * difference / table["published"], difference)
    return table.assign(deviation=deviation, deviation_unit=unit)


def _best_floor(task: str, table: pd.DataFrame) -> pd.Series:
    floors, signs = table[list(baseline_labels(task))], signs_of(table["metric"])
    return floors.mul(signs, axis=0).max(axis=1) * signs


def _in_paper_order(
    task: str, table: pd.DataFrame, runs: pd.DataFrame, aggregates: list[Aggregate]
) -> pd.DataFrame:
    parts = [part for aggregate in aggregates if not aggregate.setting for part in aggregate.parts]
    orders = {
        # An own dataset comes last: it is in no aggregate over datasets.
        "dataset": ranked([*printed_datasets(task), *parts, *source_of(task).aggregates, *runs["dataset"]]),
        "setting": ranked(sorted(table["setting"].unique(), key=_size)),
        "metric": ranked(METRICS),
        **{column: ranked(runs[column]) for column in ("task", "model", "protocol")},
    }

    def order(column: pd.Series) -> pd.Series:
        return column.map(orders[str(column.name)]) if column.name in orders else column

    keys = ["dataset", "setting", "top", "model", "protocol", "metric"]
    return table.sort_values(keys, key=order, ignore_index=True)


def _size(setting: str) -> tuple[float, ...]:
    """Its numbers: a horizon with another look-back comes behind that with the experiment's own."""
    return tuple(map(float, re.findall(r"[0-9.]+", setting))) or (float("inf"),)
