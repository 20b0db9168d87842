"""The wide form of the tidy table: its cells as text, in the order of the printed columns."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from specar.tables.published import METRICS
from specar.tables.statistics import NOT_REQUESTED, PARTIAL

TOPS = {False: "without TOP", True: "with TOP"}


@dataclass(frozen=True)
class Style:
    """How one output format writes the signs inside a cell."""

    plus_minus: str
    dash: str
    partial: str
    minus: str = "-"


@dataclass(frozen=True)
class Line:
    """A line of the printed table."""

    dataset: str
    setting: str
    results: dict[bool, list[str]]
    floors: list[str]


def lines(table: pd.DataFrame, style: Style) -> Iterator[list[Line]]:
    """Yield the lines of each dataset, from the tidy rows of one architecture and protocol."""
    for dataset, rows in table.groupby("dataset", sort=False):
        yield [
            _line(str(dataset), str(setting), cells, style)
            for setting, cells in rows.groupby("setting", sort=False)
        ]


def _line(dataset: str, setting: str, cells: pd.DataFrame, style: Style) -> Line:
    found: dict[Hashable, Any] = {(cell.top, cell.metric): cell for cell in cells.itertuples()}
    results = {
        top: [text for metric in METRICS for text in cell_texts(found.get((top, metric)), style)]
        for top in TOPS
    }
    floors = [_floor(cells.loc[cells["metric"] == metric, "floor"]) for metric in METRICS]
    return Line(dataset, setting, results, floors)


def cell_texts(cell: Any, style: Style) -> list[str]:
    """Return the published value, the reproduced one and the deviation of a tidy row as text."""
    if cell is None:
        return ["", "", ""]
    return [number(cell.published), _reproduced(cell, style), deviation(cell.deviation_percent, style)]


def _reproduced(cell: Any, style: Style) -> str:
    if pd.isna(cell.reproduced):
        return "" if cell.state == NOT_REQUESTED else style.dash
    spread = "" if pd.isna(cell.sd) else f"{style.plus_minus}{number(cell.sd)}"
    mark = style.partial if cell.state == PARTIAL else ""
    return f"{number(cell.reproduced)}{spread}{mark}"


def _floor(values: pd.Series) -> str:
    # TOP changes the training only: the test windows, and so the floor, are the same.
    known = values.dropna()
    return "" if known.empty else number(float(known.iloc[0]))


def number(value: float) -> str:
    """Return ``value`` with the paper's three decimals; empty where there is none."""
    return "" if pd.isna(value) else f"{value:.3f}"


def deviation(percent: float, style: Style) -> str:
    """Return ``percent`` with its sign and one decimal; empty where there is none."""
    return "" if pd.isna(percent) else f"{percent:+z.1f}".replace("-", style.minus)
