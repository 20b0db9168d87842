"""The tables against what else there is: log and code of the authors, the figure of hop lengths, own runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.audit.finding import Finding, about, table_name
from specar.paper.audit.printed import Cell, Paper, grouped
from specar.paper.numbers import OURS
from specar.runs.plan import Plan
from specar.runs.records import read_floor

# Points of the figure were read to about a unit of the third digit.
_READING_ERROR = 0.0015
_FULL = ("appendix:5", "appendix:9", "appendix:10")
_ANOMALY = "anomaly_detection"
_SELECTED = {
    "classification": "the best epoch is the one with the highest test accuracy",
    "short_term_forecast": "the best epoch is the one with the lowest error on the test horizon",
}


def released_log(paper: Paper) -> Iterator[Finding]:
    """Yield accuracies that are not those of the log that the authors published with their code."""
    table = {cell.dataset: cell for cell in paper.table("appendix:5") if cell.model == OURS}
    logged = {str(row.dataset): 100 * float(str(row.value)) for row in paper.log.itertuples()}
    shared = [name for name in logged if name in table]
    if not shared:
        return
    average = sum(logged[name] for name in shared) / len(shared)
    for name, value in {**{name: logged[name] for name in shared}, "avg": average}.items():
        cell = table.get(name)
        if cell is not None and abs(value - cell.number) > cell.half + 1e-9:
            what = f"mean of the {len(shared)} accuracies" if name == "avg" else "accuracy"
            more = "more" if cell.number > value else "less"
            why = (
                f"the {what} in the authors' log is {value:.2f}, {table_name(cell.source_table)} claims "
                f"{cell.text}: {abs(cell.number - value):.1f} points {more}"
            )
            yield about(cell, "release_log", cell.written(value), why)


def figure(paper: Paper) -> Iterator[Finding]:
    """Yield points of appendix Figure 1 at hop length 1, that of the tables, that are in none of them."""
    points = paper.hop_length[paper.hop_length["hop_length"] == "1"]
    for point in points.itertuples():
        metric, value = str(point.metric), float(str(point.value))
        place = (OURS, point.dataset, point.horizon, metric)
        cells = [c for c in paper.table(*_FULL) if (c.model, c.dataset, c.setting, c.metric) == place]
        # In the unit of the figure.
        numbers = [cell.number / 100 if metric == "accuracy" else cell.number for cell in cells]
        if numbers and min(abs(value - number) for number in numbers) > _READING_ERROR:
            implied = " or ".join(f"{number:.3f}" for number in numbers)
            yield _point(str(point.source_figure), str(point.value), implied, cells)


def _point(source: str, printed: str, implied: str, cells: list[Cell]) -> Finding:
    why = (
        f"read off the figure to about 0.001 at hop length 1, the setting of the tables; "
        f"what is printed in {' and '.join(table_name(each.source_table) for each in cells)} is {implied}"
    )
    column, key = f"{OURS} at hop length 1", {**cells[0].key, "top": ""}
    changed = {"source_table": source, "column": column, "printed": printed, "key": key}
    return about(cells[0], "figure", implied, why, **changed)


def learning_rates(paper: Paper) -> Iterator[Finding]:
    """Yield results that fit the default rate of the released code better than that of its script."""
    cells = {_key(cell): cell for cell in paper.table(*_FULL) if cell.model == OURS}
    table = paper.learning_rates.assign(top=paper.learning_rates["top"] == "true")
    rows: dict[tuple[Any, ...], Any] = {_key(row): row for row in table.itertuples()}
    for key, row in rows.items():
        cell = cells.get(key)
        if cell is None or (row.at_script and not _nearer_default(row, cell)):
            continue
        values = [(row.at_script, row.script_rate), (row.at_default, row.default_rate)]
        rates = f"{row.default_rate}, not the script's {row.script_rate}"
        implied = " and ".join(f"{value} at {rate}" for value, rate in values) if row.at_script else rates
        sibling = _without_top(cells, rows, key) if cell.top else ""
        why = f"the script passes {row.script_rate}, the code's default is {row.default_rate}; {row.measured}"
        fits = f": {implied}, printed is {cell.text}{sibling}" if row.at_script else ""
        yield about(cell, "learning_rate", implied, why + fits)


def _key(row: Any) -> tuple[Any, ...]:
    return row.task, row.dataset, row.setting, row.top, row.metric


def _nearer_default(row: Any, cell: Cell) -> bool:
    values = [float(text) for text in (row.at_script, row.at_default) if text]
    return len(values) == 2 and abs(values[1] - cell.number) < abs(values[0] - cell.number)


def _without_top(cells: dict[Any, Cell], rows: dict[Any, Any], key: tuple[Any, ...]) -> str:
    """What the same cell without TOP says: where it fits the script, TOP is not all that differs."""
    other = (*key[:3], False, key[4])
    if other not in cells or other not in rows or not rows[other].at_script:
        return ""
    row, cell = rows[other], cells[other]
    return (
        f"; without TOP {row.at_script} at the script's {row.script_rate} for the printed {cell.text}: the "
        "printed gain of TOP looks like one of the learning rate"
    )


def random_scores(paper: Paper) -> Iterator[Finding]:
    """Yield point-adjusted F1 scores that random scores beat."""
    scores = [cell for cell in paper.table("appendix:6") if cell.metric == "f1"]
    table = grouped(scores, lambda cell: cell.dataset)
    for row in paper.random_scores.itertuples():
        level, cells = float(str(row.f1)), table.get(str(row.dataset), [])
        below = sum(cell.number < level for cell in cells)
        for cell in cells:
            if cell.model == OURS and cell.number < level:
                why = (
                    f"random scores reach a point-adjusted F1 of {level:.2f} ({row.measured}), {OURS} has "
                    f"{cell.text}; {below} of the {len(cells)} printed models are below chance"
                )
                yield about(cell, "random_scores", f"{level:.2f} by chance", why)


def selection(paper: Paper) -> Iterator[Finding]:
    """Yield datasets whose best epoch is selected on the test part."""
    default = TASK_INFO[_ANOMALY].task_settings["val_from"]
    entries = _datasets(paper, _ANOMALY)
    settings = {name: entry.get("task_settings", {}) for name, entry in entries.items()}
    on_test = [name for name, given in settings.items() if given.get("val_from", default) == "test"]
    share = f"{len(on_test)} of {len(entries)} datasets validate on the test part"
    for task, names, how in (
        (_ANOMALY, on_test, f"{share}; the threshold also takes the test scores"),
        *((task, list(_datasets(paper, task)), how) for task, how in _SELECTED.items()),
    ):
        if names:
            why = (
                f"in the authors' code {how} ({', '.join(names)}), so that results are the best of all epochs"
            )
            place = ("release:code", task.replace("_", " "), "validation", "")
            yield Finding("selection", *place, "not stated", "test part", why)


def _datasets(paper: Paper, task: str) -> dict[str, Any]:
    return {name: entry for name, entry in paper.experiments.get(task, {}).items() if name != "any"}


def with_floors(paper: Paper, plan: Plan) -> Paper:
    """Return the paper with random scores of the plan's floor records, where there are any.

    They replace those that come with the package; datasets without a record, or of which only a part is used,
    keep theirs.
    """
    measured = {}
    for name in plan.cells_of(_ANOMALY):
        cell = plan.cell(name)
        record = None
        if cell.protocol == "published" and not plan.dataset(cell.dataset).caution:
            record = read_floor(plan.floor_file(name, "random"), cell)
        if record and "f1" in record["metrics"]:
            f1 = f"{100 * record['metrics']['f1']:.2f}"
            measured[cell.dataset] = (cell.dataset, f1, f"floor record of {name}")
    known = paper.random_scores[~paper.random_scores["dataset"].isin(list(measured))]
    rows = pd.DataFrame(list(measured.values()), columns=["dataset", "f1", "measured"])
    return replace(paper, random_scores=pd.concat([known, rows], ignore_index=True))
