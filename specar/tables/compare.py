"""The tidy table: published beside reproduced, one row per cell."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from specar.tables.inputs import Matrix, runs_of
from specar.tables.published import AVERAGE, DATASETS, METRICS, published
from specar.tables.statistics import CELL, NOT_REQUESTED, average_statistics, cell_statistics

COLUMNS = [*CELL, "published", "reproduced", "sd", "seeds", "deviation_percent", "floor", "state"]
_PRINTED = ["dataset", "setting", "top", "metric"]
_COMBINATION = ["architecture", "protocol"]


def compare(task: str, collected: pd.DataFrame, matrix: Matrix) -> pd.DataFrame:
    """Set the results of the runs beside the published ones.

    Parameters
    ----------
    task
        ``long_term_forecast`` or ``imputation``.
    collected
        One row per run that was done and metric: ``run_id``, ``metric``, ``value`` and ``floor``
        are used; may be empty.
    matrix
        The runs that were asked for, also of other tasks; decides what belongs into the table.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, with one row per cell for every architecture and protocol in the matrix,
        over the published cells and those of the matrix, in the paper's order. ``setting`` is text
        (``96``, ``0.25``, ``avg``). ``seeds`` counts the seeds behind ``reproduced``; what is not
        there is NaN.

    Raises
    ------
    SpecarError
        The task is unknown, or the inputs do not make sense (see `runs_of`).
    """
    paper = published(task).astype({"published": float})
    runs = runs_of(task, collected, matrix)
    if runs.empty:
        return pd.DataFrame(columns=COLUMNS)
    statistics = pd.concat([cell_statistics(runs), average_statistics(runs, paper)])
    table = _cells(runs, paper).merge(paper, how="left", on=_PRINTED)
    table = table.merge(statistics, how="left", on=CELL)
    table["seeds"] = table["seeds"].fillna(0).astype(int)
    table["state"] = table["state"].fillna(NOT_REQUESTED)
    table["deviation_percent"] = 100 * (table["reproduced"] - table["published"]) / table["published"]
    return _in_paper_order(table, runs)[COLUMNS]


def _cells(runs: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Every cell of the table, each once."""
    combinations = runs[_COMBINATION].drop_duplicates()
    cells = pd.concat([runs[CELL], paper[_PRINTED].merge(combinations, how="cross")[CELL]])
    # Also where the paper does not print the average: the imputation of ETTm2, own datasets.
    return pd.concat([cells, cells.assign(setting=AVERAGE)]).drop_duplicates()


def _in_paper_order(table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    ranks = {
        "dataset": _ranks([*DATASETS, *runs["dataset"]]),
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
    return float("inf") if setting == AVERAGE else float(setting)
