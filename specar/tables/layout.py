"""The wide form of the tidy table: its cells as text, in the order of the printed columns."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS, Metric
from specar.paper.sources import baseline_labels, setting_name, source_of
from specar.results.statistics import FAILED, NOT_REQUESTED, PARTIAL


@dataclass(frozen=True)
class Style:
    """How one output format writes the signs inside a cell."""

    plus_minus: str
    dash: str
    partial: str
    minus: str = "-"
    failed: str = "failed"


@dataclass(frozen=True)
class Group:
    """Printed columns that show one metric per line, by column of the tidy table.

    ``label`` is the metric where it is the same on every line, and empty where it is a line's label.
    """

    label: str
    metrics: tuple[str, ...]
    columns: dict[str, str]


@dataclass(frozen=True)
class Layout:
    """The columns of a printed table, from left to right.

    ``results`` are printed for each of ``tops``, ``floors`` once: TOP changes the training only.
    """

    names: list[str]
    tops: dict[bool, str]
    results: list[Group]
    floors: list[Group]

    @property
    def result_columns(self) -> list[str]:
        """Columns of the tidy table behind the results of one of ``tops``, from left to right."""
        return [column for group in self.results for column in group.columns]


@dataclass(frozen=True)
class Line:
    """A line of the printed table; ``source``: dataset and setting as in the tidy table."""

    dataset: str
    names: list[str]
    results: dict[bool, list[str]]
    floors: list[str]
    source: tuple[str, str] = ("", "")


def layout_of(task: str, table: pd.DataFrame, averaged: bool = False) -> Layout:
    """Return the layout for the tidy rows of one model and protocol."""
    source, setting = source_of(task), setting_name(task)
    names = [
        source.column.capitalize(),
        *([setting.capitalize()] if setting and not averaged else []),
        *(["Metric"] if source.metric_rows else []),
    ]
    found = tuple(metric for metric in METRICS if metric in set(table["metric"]))
    each = [(METRICS[metric].label, (metric,)) for metric in found]
    together = [("", found)] if source.metric_rows else each
    return Layout(
        names,
        {False: "without TOP", True: "with TOP"} if TASK_INFO[task].top else {False: ""},
        [Group(label, metrics, _result_columns(table, metrics)) for label, metrics in together],
        [Group(label, metrics, baseline_labels(task)) for label, metrics in together],
    )


def _result_columns(table: pd.DataFrame, metrics: tuple[str, ...]) -> dict[str, str]:
    unit = "%" if METRICS[metrics[0]].deviation_unit == "percent" else "points"
    labels = {
        "published": "published",
        "released_log": "authors' log",
        "reproduced": "reproduced",
        "deviation": f"dev. {unit}",
    }
    rows = table[table["metric"].isin(metrics)]
    absent = set() if rows["published"].notna().any() else {"published", "deviation"}
    if "released_log" not in rows or rows["released_log"].isna().all():
        absent.add("released_log")
    return {column: label for column, label in labels.items() if column not in absent}


def lines(table: pd.DataFrame, layout: Layout, style: Style) -> Iterator[list[Line]]:
    """Yield the lines of each dataset, from the tidy rows of one model and protocol.

    Lines with neither a published nor a requested result are left out.
    """
    blocks: dict[str, dict[Hashable, list[Any]]] = {}
    for cell in table.itertuples():
        key = (cell.setting, cell.metric) if "Metric" in layout.names else cell.setting
        blocks.setdefault(str(cell.dataset), {}).setdefault(key, []).append(cell)
    for dataset, block in blocks.items():
        of_dataset = [_line(dataset, cells, layout, style) for cells in block.values()]
        if shown := [line for line in of_dataset if any(any(texts) for texts in line.results.values())]:
            yield shown


def _line(dataset: str, cells: list[Any], layout: Layout, style: Style) -> Line:
    found: dict[Hashable, Any] = {(cell.top, cell.metric): cell for cell in cells}
    names = {"Metric": METRICS[cells[0].metric].label}
    results: dict[bool, list[str]] = {
        top: [
            text
            for group in layout.results
            for text in cell_texts(_of_group(found, top, group), group.columns, style)
        ]
        for top in layout.tops
    }
    return Line(
        dataset,
        [names.get(name, str(cells[0].setting)) for name in layout.names[1:]],
        results,
        [text for group in layout.floors for text in _floors(cells, group, style)],
        (dataset, str(cells[0].setting)),
    )


def _of_group(found: dict[Hashable, Any], top: bool, group: Group) -> Any:
    return next((found[top, metric] for metric in group.metrics if (top, metric) in found), None)


def cell_texts(cell: Any, columns: dict[str, str], style: Style) -> list[str]:
    """Return the columns of a tidy row as text."""
    if cell is None:
        return [""] * len(columns)
    metric = METRICS[cell.metric]
    written = {"reproduced": _reproduced(cell, metric, style), "deviation": deviation(cell, style)}
    return [
        written[column] if column in written else number(getattr(cell, column), metric) for column in columns
    ]


def _reproduced(cell: Any, metric: Metric, style: Style) -> str:
    if pd.isna(cell.reproduced):
        return {NOT_REQUESTED: "", FAILED: style.failed}.get(cell.state, style.dash)
    spread = "" if pd.isna(cell.sd) else f"{style.plus_minus}{number(cell.sd, metric)}"
    mark = style.partial if cell.state == PARTIAL else ""
    return f"{number(cell.reproduced, metric)}{spread}{mark}"


def _floors(cells: list[Any], group: Group, style: Style) -> list[str]:
    known = [cell for cell in cells if cell.metric in group.metrics]
    absent = style.dash if any(cell.state != NOT_REQUESTED for cell in known) else ""
    return [_floor(known, column) or absent for column in group.columns]


def _floor(cells: list[Any], column: str) -> str:
    # The test data, and so the floor, are the same without and with TOP.
    values = [(getattr(cell, column), METRICS[cell.metric]) for cell in cells]
    return next((number(value, metric) for value, metric in values if not pd.isna(value)), "")


def number(value: float, metric: Metric) -> str:
    """Return ``value`` with the paper's decimals; empty where there is none."""
    return "" if pd.isna(value) else f"{value:.{metric.decimals}f}"


def deviation(cell: Any, style: Style) -> str:
    """Return the deviation of a tidy row with its sign; empty where there is none."""
    if pd.isna(cell.deviation):
        return ""
    decimals = METRICS[cell.metric].deviation_decimals
    return f"{cell.deviation:+z.{decimals}f}".replace("-", style.minus)
