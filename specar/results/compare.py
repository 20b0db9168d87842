"""The tidy table: published beside reproduced, one row per cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from specar.results.aggregates import Aggregate, aggregate_statistics, aggregates_of
from specar.results.inputs import Matrix, runs_of
from specar.paper.metrics import METRICS
from specar.paper.published import PRINTED, printed_datasets, published, released_log
from specar.paper.sources import AVERAGE, baseline_labels, metrics_of, source_of
from specar.results.statistics import CELL, NOT_REQUESTED, cell_statistics

_COMBINATION = ["model", "protocol"]


def columns(task: str) -> list[str]:
    """Return the columns of the tidy table of ``task``."""
    log = ["released_log"] if source_of(task).log else []
    results = ["published", *log, "reproduced", "sd", "seeds", "deviation", "deviation_unit"]
    return [*CELL, *results, "floor", *baseline_labels(task), "state"]


def compare(
    task: str,
    collected: pd.DataFrame,
    floors: pd.DataFrame,
    matrix: Matrix,
    failed: Collection[str] | None = None,
) -> pd.DataFrame:
    """Set the results of the runs beside the published ones.

    Parameters
    ----------
    task
        A task of the paper (`SOURCES`).
    collected
        One row per run that was done and metric: ``run_id``, ``metric``, ``weight`` (of the cell in
        averages) and ``value`` are used; may be empty.
    floors
        One row per cell, baseline and metric: ``cell``, ``baseline``, ``metric``, ``weight`` and
        ``value`` are used; may be empty.
    matrix
        The runs that were asked for, also of other tasks; decides what belongs into the table.
    failed
        Ids of the runs that failed, or why they did by id; one that has a result did not fail.

    Returns
    -------
    DataFrame
        `columns`, with one row per cell for every model and protocol in the matrix, over the
        published cells and those of the matrix, in the paper's order and unit. ``setting`` is text
        (``96``, ``0.25``, ``avg``; empty for a task without setting). ``seeds`` counts the seeds behind
        ``reproduced``. ``deviation`` is in percent of published, or in points for what is printed in
        percent, as ``deviation_unit`` says. ``floor`` is the best of the baselines, which follow one by
        one. What is not there is NaN. ``state`` is that of the runs behind ``reproduced``: ``done``,
        ``partial``, ``failed`` (none is done and at least one failed), ``missing`` or ``not requested``.

    Raises
    ------
    SpecarError
        The task is unknown, or the inputs do not make sense (see `runs_of`).
    """
    paper = published(task).astype({"published": float})
    runs = runs_of(task, collected, floors, matrix, failed)
    if runs.empty:
        return pd.DataFrame(columns=columns(task))
    aggregates = aggregates_of(task, runs, paper)
    statistics = pd.concat([cell_statistics(runs), aggregate_statistics(task, runs, aggregates)])
    table = _cells(task, runs, paper).merge(paper, how="left", on=PRINTED)
    table = table.merge(released_log(task), how="left", on=["dataset", "metric"])
    table = table.merge(statistics, how="left", on=CELL)
    table["seeds"] = table["seeds"].fillna(0).astype(int)
    table["state"] = table["state"].fillna(NOT_REQUESTED)
    table["floor"] = _best_floor(task, table)
    return _in_paper_order(task, _with_deviation(table), runs, aggregates)[columns(task)]


def _cells(task: str, runs: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Every cell of the table, each once."""
    combinations = runs[_COMBINATION].drop_duplicates()
    printed = paper[PRINTED].merge(combinations, how="cross")[CELL]
    shown = [str(row.metric) in metrics_of(task, str(row.protocol)) for row in printed.itertuples()]
    cells = pd.concat([runs[CELL], printed[shown]])
    # Also where the paper does not print the aggregate: the imputation of ETTm2, own datasets.
    names = source_of(task).aggregates
    lines = [cells.assign(dataset=name) for name in names] or [cells.assign(setting=AVERAGE)]
    return pd.concat([cells, *lines]).drop_duplicates()


def _with_deviation(table: pd.DataFrame) -> pd.DataFrame:
    unit = table["metric"].map({name: metric.deviation_unit for name, metric in METRICS.items()})
    difference = table["reproduced"] - table["published"]
    deviation = np.where(unit == "percent", 100 * difference / table["published"], difference)
    return table.assign(deviation=deviation, deviation_unit=unit)


def _best_floor(task: str, table: pd.DataFrame) -> pd.Series:
    floors = table[list(baseline_labels(task))]
    higher = table["metric"].map({name: metric.higher for name, metric in METRICS.items()})
    return floors.max(axis=1).where(higher, floors.min(axis=1))


def _in_paper_order(
    task: str, table: pd.DataFrame, runs: pd.DataFrame, aggregates: list[Aggregate]
) -> pd.DataFrame:
    parts = [part for aggregate in aggregates if not aggregate.setting for part in aggregate.parts]
    ranks = {
        # An own dataset comes last: it is in no aggregate over datasets.
        "dataset": _ranks([*printed_datasets(task), *parts, *source_of(task).aggregates, *runs["dataset"]]),
        "setting": _ranks(sorted(table["setting"].unique(), key=_size)),
        "metric": _ranks(METRICS),
        **{column: _ranks(runs[column]) for column in _COMBINATION},
    }

    def rank(column: pd.Series) -> pd.Series:
        return column.map(ranks[str(column.name)]) if column.name in ranks else column

    return table.sort_values(CELL, key=rank, ignore_index=True)


def _ranks(values: Iterable[str]) -> dict[str, int]:
    return {value: rank for rank, value in enumerate(dict.fromkeys(values))}


def _size(setting: str) -> float:
    return float(setting) if setting not in ("", AVERAGE) else float("inf")
