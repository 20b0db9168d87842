"""The tables of a task: published beside our runs, one per model and protocol, which are never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS, Metric
from specar.paper.sources import AVERAGE, baseline_labels, setting_name, source_of
from specar.results.ledger import Ledger
from specar.results.rows import FAILED, NOT_REQUESTED, PARTIAL
from specar.results.run_states import Failures, listed_failures
from specar.runs.plan import Plan
from specar.runs.status import status_of
from specar.tables.render import plain
from specar.tables.table import (
    BLANK,
    NOT_RUN,
    OWN,
    PRINTED,
    VALUE,
    Cell,
    Column,
    Line,
    Page,
    Table,
)
from specar.tables.task_notes import Remark, legend_of, notes_of, remarks_on, signs_at

_COLUMNS = {"published": "published", "released_log": "authors' log", "ours": "our runs"}
_UNITS = {"percent": "dev. %", "points": "dev. points"}
_TOPS = {False: "without TOP", True: "with TOP"}


class _Group(NamedTuple):
    """Columns that show one metric per line: ``label`` is empty where the metrics are lines."""

    label: str
    metrics: tuple[str, ...]
    columns: dict[str, str]


def task_page(ledger: Ledger, task: str, averaged: bool = False) -> tuple[pd.DataFrame, Page]:
    """Return the tidy rows of a task and its tables; ``averaged``: the averages over settings only."""
    part = ledger.of(task)
    rows = part.cells[part.cells["setting"] == AVERAGE] if averaged else part.cells
    tables = tuple(task_tables(part, task, rows, averaged))
    title = f"{source_of(task).title}: published and our runs"
    return rows, Page(title, tables, empty="No run of this task is in the matrix.")


def task_tables(ledger: Ledger, task: str, rows: pd.DataFrame, averaged: bool = False) -> Iterator[Table]:
    """Yield the tables of rows of a task's ledger, in the order of the matrix."""
    for (model, protocol), part in rows.groupby(["model", "protocol"], sort=False):
        yield _table(ledger, task, str(model), str(protocol), part, averaged)


def _table(ledger: Ledger, task: str, model: str, protocol: str, rows: pd.DataFrame, averaged: bool) -> Table:
    runs = ledger.runs[(ledger.runs["model"] == model) & (ledger.runs["protocol"] == protocol)]
    failed = runs.loc[runs["failed"].astype(bool), "run_id"].unique()
    blocks, source, setting = list(_blocks(task, rows, averaged)), source_of(task), setting_name(task)
    remarks = remarks_on(ledger.plan.remarks_of(task), [lines[0].names[0] for lines in blocks])
    form = f", averages over the {setting}s" if averaged else ""
    settings = [setting.capitalize()] if setting and not averaged else []
    about = [f"{one.sign} {_shown(task, one.dataset)}: {one.text}".strip() for one in remarks]
    return Table(
        id="-".join([task, *(["averaged"] if averaged else []), model, protocol]),
        title=f"{source.title}{form} (model: {model}; protocol: {protocol})",
        names=(source.column.capitalize(), *settings, *(["Metric"] if source.metric_rows else [])),
        columns=tuple(_columns(task, rows)),
        blocks=tuple(tuple(_named(task, line, remarks) for line in lines) for lines in blocks),
        notes=tuple(notes_of(ledger.plan, task, rows, runs, averaged)),
        legend=(legend_of(task, rows), *about),
        failures=failures_of(ledger.plan, failed, ledger.failed),
        apart=tuple(_TOPS[top] if TASK_INFO[task].top else "" for top in _tops(task, rows)),
    )


def failures_of(plan: Plan, names: Iterable[str], known: Mapping[str, str]) -> Failures:
    """Return the failed runs as they are printed; ``known``: why, by run id, where that has been read."""
    reasons = {name: known.get(name) or status_of(plan, name).reason or "not known" for name in names}
    return listed_failures(reasons)


def _tops(task: str, rows: pd.DataFrame) -> list[bool]:
    """Without and with TOP, where there is anything of them."""
    there = rows[rows["published"].notna() | (rows["state"] != NOT_REQUESTED)]
    return sorted(set(there["top"])) or [False]


def _groups(task: str, rows: pd.DataFrame) -> Iterator[_Group]:
    found = tuple(metric for metric in METRICS if metric in set(rows["metric"]))
    each = [(METRICS[metric].label, (metric,)) for metric in found]
    for label, metrics in [("", found)] if source_of(task).metric_rows else each:
        own = rows[rows["metric"].isin(metrics)]
        columns = _COLUMNS | {"deviation": _UNITS[METRICS[metrics[0]].deviation_unit]}
        absent = [] if own["published"].notna().any() else ["published", "deviation"]
        absent += [] if own["released_log"].notna().any() else ["released_log"]
        yield _Group(label, metrics, {name: text for name, text in columns.items() if name not in absent})


def _columns(task: str, rows: pd.DataFrame) -> Iterator[Column]:
    groups, words = list(_groups(task, rows)), TASK_INFO[task].top
    for top in _tops(task, rows):
        name = _TOPS[top] if words else ""
        for group in groups:
            for column, text in group.columns.items():
                yield Column((name, group.label, text), task, column == "ours")
    for group in groups:
        for text in baseline_labels(task).values():
            yield Column(("floors", group.label, text), task)


def _blocks(task: str, rows: pd.DataFrame, averaged: bool) -> Iterator[list[Line]]:
    """Lines of each dataset, those with neither a published nor a requested result left out."""
    groups, tops = list(_groups(task, rows)), _tops(task, rows)
    by_metric = source_of(task).metric_rows
    datasets: dict[str, dict[tuple[str, ...], list[dict[str, Any]]]] = {}
    for row in records_of(rows):
        of_line = (row["setting"], row["metric"]) if by_metric else (row["setting"],)
        datasets.setdefault(row["dataset"], {}).setdefault(of_line, []).append(row)
    for dataset, block in datasets.items():
        lines = []
        for key, cells in block.items():
            names = [key[0]] if TASK_INFO[task].setting and not averaged else []
            names += [METRICS[key[1]].label] if by_metric else []
            found = {(row["top"], row["metric"]): row for row in cells}
            results = [cell for top in tops for group in groups for cell in _results(found, top, group)]
            floors = [cell for group in groups for cell in _floors(task, cells, group)]
            if any(cell.plain for cell in results):
                lines.append(Line((dataset, *names), (*results, *floors)))
        if lines:
            yield lines


def _results(found: Mapping[tuple[bool, str], Mapping[str, Any]], top: bool, group: _Group) -> Iterator[Cell]:
    row = next((found[top, metric] for metric in group.metrics if (top, metric) in found), None)
    for column in group.columns:
        if row is None:
            yield Cell(BLANK)
        elif column == "ours":
            yield own_cell(row, METRICS[row["metric"]].decimals)
        elif column == "deviation":
            yield Cell(VALUE, deviation(row["deviation"], METRICS[row["metric"]]))
        else:
            text = "" if pd.isna(row[column]) else f"{row[column]:.{METRICS[row['metric']].decimals}f}"
            yield Cell((PRINTED if column == "published" else VALUE) if text else BLANK, text)


def records_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def own_cell(row: Mapping[str, Any], decimals: int) -> Cell:
    """Return the cell of ``ours``, ``sd``, ``seeds``, ``state``, ``runs`` and ``failed``."""
    ids = {"runs": row["runs"], "failed": row["failed"]}
    if pd.isna(row["ours"]):
        return Cell(row["state"] if row["state"] in (FAILED, NOT_REQUESTED) else NOT_RUN, **ids)
    return Cell(
        OWN,
        f"{row['ours']:.{decimals}f}",
        "" if pd.isna(row["sd"]) else f"{row['sd']:.{decimals}f}",
        partial=row["state"] == PARTIAL,
        seeds=int(row["seeds"]),
        **ids,
    )


def _floors(task: str, cells: list[dict[str, Any]], group: _Group) -> Iterator[Cell]:
    known = [row for row in cells if row["metric"] in group.metrics]
    asked = any(row["state"] != NOT_REQUESTED for row in known)
    for column in baseline_labels(task):
        # The test data, and so the floor, are the same without and with TOP.
        row = next((row for row in known if not pd.isna(row[column])), None)
        if row is None:
            yield Cell(NOT_RUN if asked else BLANK)
        else:
            yield Cell(VALUE, f"{row[column]:.{METRICS[row['metric']].decimals}f}")


def deviation(value: float, metric: Metric) -> str:
    """Return a deviation with its sign; empty where there is none."""
    return "" if pd.isna(value) else f"{value:+z.{metric.deviation_decimals}f}".replace("-", "−")


def _named(task: str, line: Line, remarks: list[Remark]) -> Line:
    dataset, *names = line.names
    return Line((_shown(task, dataset) + signs_at(task, dataset, remarks), *names), line.cells)


def _shown(task: str, dataset: str) -> str:
    return dataset.removeprefix(source_of(task).prefix)


_LEGEND = "Last columns: naive baselines; †: some seeds not done yet or failed"


def terminal_table(ledger: Ledger, task: str) -> str:
    """Return the results of a task so far as plain text, a table per model and protocol, and what failed.

    Only cells with a result and those that failed are shown: what is missing, and averages that are not
    complete, is left out.
    """
    part = ledger.of(task)
    cells = part.cells
    is_average = (cells["setting"] == AVERAGE) | cells["dataset"].isin(source_of(task).aggregates)
    known = cells[cells["ours"].notna() | ((cells["state"] == FAILED) & ~is_average)]
    tables = [f"{table.title}\n\n{plain(table)}" for table in task_tables(part, task, known)]
    reasons = [f"  {text}" for text in listed_failures(part.failed).texts]
    failed = ["\n".join(["Failed runs:", *reasons])] if reasons else []
    return "\n\n".join([*(tables or ["No run is done yet."]), *([_LEGEND] if tables else []), *failed])
