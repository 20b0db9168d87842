"""The HTML page says what the CSV says."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pandas as pd
import pytest

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.published import printed_datasets
from specar.paper.sources import SOURCES, baseline_labels, metrics_of
from specar.tables.render import render
from specar.tables.task import task_page

from .page import Page
from .table_inputs import floors, ledger, results, run

TASKS = list(SOURCES)
COLUMNS = {
    "published": "published",
    "authors' log": "released_log",
    "our runs": "ours",
    "dev. %": "deviation",
    "dev. points": "deviation",
}


def written(task: str, averaged: bool = False, **plan: Any) -> tuple[pd.DataFrame, str]:
    """Two protocols, some runs done with one seed, some with two, none of the last dataset."""
    settings = {"long_term_forecast": [96, 720], "imputation": [0.125, 0.5]}.get(task, [""])
    names = [*printed_datasets(task)[:2], "my_data", "last"]
    tops = {False, TASK_INFO[task].top}
    axes = (["published", "strict"], names, settings, tops, [1, 2])
    matrix = [
        run(setting, seed, protocol=protocol, dataset=name, task=task, top=top)
        for protocol, name, setting, top, seed in itertools.product(*axes)
    ]
    rows, naive = [], []
    for number, of in enumerate(matrix):
        metrics = metrics_of(task, of["protocol"])
        value = 0.1 + number / 100
        if of["dataset"] != "last" and (of["seed"] == 1 or number % 3):
            rows += results(of, {name: value + i / 1000 for i, name in enumerate(metrics)})
        if of["seed"] == 1 and not of["top"]:
            for name in TASK_INFO[task].baselines:
                naive += floors(of, name, dict.fromkeys(metrics, value / 2))
    rows, page = task_page(ledger(matrix, rows, task=task, floors=[naive], **plan), task, averaged)
    return rows, render(page, "html")


def key_of(task: str, heading: list[str], line: dict[str, str], names: dict[str, str]) -> tuple[Any, ...]:
    """Dataset, setting, metric and TOP of a printed cell, from its heading and the names of its line."""
    labels = {metric.label: name for name, metric in METRICS.items()}
    setting = (TASK_INFO[task].setting or "").replace("_", " ").capitalize()
    label = line.get("Metric") or next(text for text in heading if text in labels)
    dataset = names[line[SOURCES[task].column.capitalize()]]
    return dataset, line.get(setting, ""), labels[label], "with TOP" in heading


def expected_text(row: Any, column: str) -> str:
    """What the page has to show of a row of the CSV."""
    metric, value = METRICS[row.metric], getattr(row, column)
    if column == "deviation":
        sign = f"{value:+z.{metric.deviation_decimals}f}".replace("-", "−")
        return "" if pd.isna(value) else sign
    if pd.isna(value):
        return "–" if row.state != "not requested" and column not in ("published", "released_log") else ""
    text = f"{value:.{metric.decimals}f}"
    if column != "ours":
        return text
    spread = f" ±\u00a0{row.sd:.{metric.decimals}f}" if row.seeds > 1 else ""
    return text + spread + ("†" if row.state == "partial" else "")


@pytest.mark.parametrize("task", TASKS)
def test_every_cell_is_that_of_the_tidy_rows(task: str) -> None:
    table, text = written(task)
    columns = COLUMNS | {label: name for name, label in baseline_labels(task).items()}
    names = {name.removeprefix(SOURCES[task].prefix): name for name in table["dataset"]}
    grids = Page(text).grids
    assert len(grids) == 2
    for protocol, grid in zip(("published", "strict"), grids, strict=True):
        assert grid.heading.endswith(f"(model: specar; protocol: {protocol})")
        rows = table[table["protocol"] == protocol]
        cells = {(row.dataset, row.setting, row.metric, row.top): row for row in rows.itertuples()}
        lines = grid.rows()
        heads, body = lines[: grid.heads], lines[grid.heads :]
        header = heads[-1]
        number = header.index(next(text for text in header if text in columns))
        compared = set()
        for row in body:
            for i in range(number, len(row)):
                heading = [line[i] for line in heads]
                key = key_of(task, heading, dict(zip(header[:number], row, strict=False)), names)
                column = columns[heading[-1]]
                expected = expected_text(cells[key], column) if key in cells else ""
                assert row[i] == expected, (key, column)
                compared.add((key, column))
        results = [key for key, row in cells.items() if not pd.isna(row.ours)]
        assert len(results) > 3
        assert {(key, "ours") for key in results} <= compared


def test_page_stands_alone_and_follows_the_colour_scheme() -> None:
    for averaged in (False, True):
        _, text = written("imputation", averaged, note="A <b>caution</b> & more.")
        page = Page(text)
        assert not page.references
        assert not re.search(r"url\(|@import|<script|<b>", text)
        assert "prefers-color-scheme: dark" in text
        assert "A <b>caution</b> & more." in page.items
        assert any(item.startswith("Marks: –") for item in page.items)
        assert any("Tables 11 and 12" in item for item in page.items)


def test_headers_span_their_columns() -> None:
    found = ledger([run(96, top=top) for top in (False, True)])
    (grid,) = Page(render(task_page(found, "long_term_forecast")[1], "html")).grids
    top, metrics, columns = grid.rows()[:3]
    assert grid.heads == 3
    assert top == ["", "", *["without TOP"] * 6, *["with TOP"] * 6, *["floors"] * 4]
    assert metrics[2:6] == ["MSE", "MSE", "MSE", "MAE"]
    assert columns[:4] == ["Dataset", "Horizon", "published", "our runs"]
    rows = grid.rows()[3:]
    assert all(grid.cells[row + 3, 0][0] == "th" for row in range(len(rows)))
    assert [row[0] for row in rows].count("ETTh1") == 5


def test_nothing_asked_for() -> None:
    for task in TASKS:
        text = render(task_page(ledger([], task=task), task)[1], "html")
        assert not Page(text).grids
        assert "No run of this task is in the matrix." in text
