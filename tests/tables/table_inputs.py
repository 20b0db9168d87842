"""Inputs of the tables, as the collected CSVs and the matrix hold them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pandas as pd

from specar.results.compare import compare

# Series of the M4 subsets.
M4 = {"Yearly": 23000, "Quarterly": 24000, "Monthly": 48000, "Weekly": 359, "Daily": 4227, "Hourly": 414}


def run(setting: Any = 96, seed: int = 1, **other: Any) -> dict[str, Any]:
    """A row of the matrix."""
    row = {
        "task": "long_term_forecast",
        "dataset": "ETTh1",
        "setting": setting,
        "top": False,
        "architecture": "paper",
        "protocol": "published",
        "seed": seed,
        **other,
    }
    cell = "-".join(str(row[name]) for name in ("task", "dataset", "setting", "protocol"))
    return {"run_id": "-".join(map(str, row.values())), **row, "cell": cell}


def results(of: dict[str, Any], values: Mapping[str, Any], weight: float = 1) -> list[dict[str, Any]]:
    """The rows of a finished run."""
    return [{**of, "weight": weight, "metric": metric, "value": value} for metric, value in values.items()]


def floors(
    of: dict[str, Any], baseline: str, values: Mapping[str, Any], weight: float = 1
) -> list[dict[str, Any]]:
    """The rows of a baseline on the cell of a run."""
    names = {name: of[name] for name in ("cell", "task", "dataset", "setting", "protocol")}
    return [
        {**names, "weight": weight, "baseline": baseline, "metric": metric, "value": value}
        for metric, value in values.items()
    ]


def tidy(
    matrix: list[dict[str, Any]],
    *done: list[dict[str, Any]],
    task: str = "long_term_forecast",
    floors: list[list[dict[str, Any]]] | None = None,
    failed: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The tidy table of a matrix, the rows of finished runs and those of floors."""
    collected, naive = (pd.DataFrame(list(itertools.chain(*rows))) for rows in (done, floors or []))
    return compare(task, collected, naive, matrix, failed)


def cell(table: pd.DataFrame, **where: Any) -> pd.Series:
    """The one row of a tidy table with these values."""
    rows = table
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, where
    return rows.iloc[0]
