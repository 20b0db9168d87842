"""The table of an ablation: a column per level, published numbers and our runs on lines of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import compress
from typing import Any, TypeAlias

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.published import published_best
from specar.paper.sources import AVERAGE, setting_name, source_of
from specar.results.ablations import ablation_table, best_levels
from specar.results.convergence import NOT_CONVERGED, RULE, unconverged_runs
from specar.results.rows import NOT_REQUESTED
from specar.runs.plan import Plan
from specar.runs.status import status_of
from specar.tables.table import (
    FIRST,
    NOT_PRINTED,
    NOT_RUN,
    PRINTED,
    WORDS,
    Cell,
    Column,
    Line,
    Page,
    Table,
    page_of,
)
from specar.tables.task import failures_of, own_cell, records_of
from specar.tables.task_notes import changed_settings

Row: TypeAlias = dict[str, Any]
PUBLISHED = "published"
_PLACE = ["task", "dataset", "setting", "metric"]
_AXES = ["model", "top", "protocol"]
_NOTHING = (NOT_RUN, NOT_REQUESTED)
_LEGEND = (
    f"Marks: {WORDS[NOT_RUN][0]} {WORDS[NOT_RUN][1]}; † some of the seeds not done, here or at another "
    f"level; {WORDS[NOT_PRINTED][0]} {WORDS[NOT_PRINTED][1]}. Numbers after ± are sample standard deviations "
    "over seeds."
)
RANKING = "Bold: the best level of each line, before rounding."


def ablation_page(plan: Plan, name: str) -> tuple[pd.DataFrame, Page]:
    """Return the tidy rows of an ablation (see `specar.results.ablations.ablation_table`), and its table.

    `SpecarError` where there is no such ablation, or its settings contradict each other.
    """
    rows = ablation_table(plan, name)
    return rows, page_of(ablation_levels(plan, name, rows))


def ablation_levels(plan: Plan, name: str, rows: pd.DataFrame) -> Table:
    """Return the table of the tidy rows of an ablation."""
    ablation = plan.config.ablations[name]
    marked = rows.assign(
        best=best_levels(rows, "ours"),
        best_published=best_levels(rows.drop_duplicates(["level", *_PLACE]), PUBLISHED),
    )
    levels, asked = list(ablation.levels), plan.ablation_runs(name)
    is_failed = (status_of(plan, run).state in ("failed", "damaged") for run in asked)
    return Table(
        id=f"ablation-{name}",
        title=f"Ablation: {ablation.title}",
        names=("Dataset", "Setting", "Metric", "Numbers"),
        columns=tuple(Column((level,), level) for level in levels),
        blocks=tuple(tuple(block) for block in _blocks(plan, marked, levels) if block),
        notes=tuple(_notes(plan, name, rows)),
        legend=(_LEGEND,),
        failures=failures_of(plan, compress(asked, is_failed), {}),
        ranking=RANKING,
    )


def _blocks(plan: Plan, table: pd.DataFrame, levels: list[str]) -> Iterator[list[Line]]:
    """Lines of each dataset, those with neither a published number nor a started run left out."""
    for rows in _grouped(records_of(table), ["task", "dataset"]):
        lines = [line for cell in _grouped(rows, _PLACE) for line in _lines(plan, cell, levels)]
        yield [line for line in lines if any(cell.kind not in _NOTHING for cell in line.cells)]


def _grouped(rows: list[Row], names: list[str]) -> list[list[Row]]:
    """Rows that are equal in columns, in the order in which they are first met."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(groups.values())


def _number(rows: list[Row], *names: str) -> int:
    return len({tuple(row[name] for name in names) for row in rows})


def _lines(plan: Plan, rows: list[Row], levels: list[str]) -> Iterator[Line]:
    """Lines of a cell: what is published, and our runs per model, TOP and protocol."""
    task, dataset, setting, metric = (rows[0][name] for name in _PLACE)
    name = dataset.removeprefix(source_of(task).prefix)
    setting = f"{setting_name(task)} {setting}" if setting_name(task) else ""
    names = ("average" if name == AVERAGE else name, setting, METRICS[metric].label)
    asked = [row for row in rows if row["state"] != NOT_REQUESTED]
    if not all(pd.isna(row[PUBLISHED]) for row in rows):
        printed = {row["level"]: row for row in reversed(rows)}
        only_ours = all(plan.config.models[row["model"]].published_as == OURS for row in asked)
        whose = PUBLISHED if only_ours else f"{PUBLISHED} ({OURS})"
        yield Line((*names, whose), tuple(_published(printed.get(level)) for level in levels))
    several = [axis for axis in _AXES if _number(asked, "level", axis) > _number(asked, "level")]
    for own in _grouped(asked, several):
        cells = {row["level"]: row for row in own}
        decimals = _decimals(own)
        numbers = tuple(_own(cells.get(level), decimals) for level in levels)
        yield Line((*names, _label(own)), numbers, own=True)


def _label(rows: list[Row]) -> str:
    """Whose numbers a line has: what the levels themselves change is not said."""
    first = rows[0]
    parts = [first["model"]] if _number(rows, "model") == 1 else []
    if TASK_INFO[first["task"]].top and _number(rows, "top") == 1:
        parts.append(f"{'with' if first['top'] else 'without'} TOP")
    if first["protocol"] != PUBLISHED:
        parts.append(f"protocol {first['protocol']}")
    return f"our runs ({', '.join(parts)})" if parts else "our runs"


def _published(row: Row | None) -> Cell:
    if row is None or pd.isna(row[PUBLISHED]):
        return Cell(NOT_PRINTED)
    text, is_best = f"{row[PUBLISHED]:.{METRICS[row['metric']].decimals}f}", row["best_published"] is True
    return Cell(PRINTED, text, mark=FIRST if is_best else "")


def _decimals(rows: list[Row]) -> int:
    """Decimals of a line of our runs: as printed, one more where levels that differ would look alike."""
    decimals = METRICS[rows[0]["metric"]].decimals
    values = {row["ours"] for row in rows if not pd.isna(row["ours"])}
    return decimals + (len({f"{value:.{decimals}f}" for value in values}) < len(values))


def _own(row: Row | None, decimals: int) -> Cell:
    if row is None:
        return Cell(NOT_REQUESTED)
    ids = tuple(row["run_ids"].split())
    cell = own_cell({**row, "runs": ids, "failed": ids}, decimals)
    return replace(cell, mark=FIRST if row["best"] else "")


def _notes(plan: Plan, name: str, table: pd.DataFrame) -> list[str]:
    """The sentences that introduce the table."""
    ablation = plan.config.ablations[name]
    asked = table[table["run_ids"] != ""]
    done = asked[asked["seeds"] > 0]
    place = f" In the paper: {ablation.source}." if ablation.source else ""
    percent = [METRICS[metric].label for metric in table["metric"].unique() if METRICS[metric].percent]
    runs = {run for ids in done["run_ids"] for run in ids.split() if plan.record_file(run).exists()}
    # Runs that have not trained to their end show little of what a level does.
    number = len(unconverged_runs(plan, runs))
    unconverged = [f"{NOT_CONVERGED.capitalize()}: {number} of {len(runs)} runs ({RULE})."] if number else []
    return [
        *([plan.config.note] if plan.config.note else []),
        f"{' '.join(ablation.question.split())}{place}",
        f"{len(done)} of {len(asked)} cells run so far. Levels differ in nothing but what the columns say; "
        "their means are over the seeds that all levels with results share (where they share none, over all "
        f"seeds, and none is the best). Protocol: {' and '.join(asked['protocol'].unique())}.",
        *changed_settings(plan.config, ablation.entries),
        *([f"In percent: {', '.join(percent)}."] if percent else []),
        *unconverged,
        *_stated_best(name, done),
    ]


def _stated_best(name: str, done: pd.DataFrame) -> Iterator[str]:
    """The paper's best level of each cell beside ours, where it prints no numbers."""
    for row in published_best(name).itertuples():
        cell = done[(done[_PLACE[:3]] == [row.task, row.dataset, row.setting]).all(axis=1)]
        where = f"{row.dataset}, {setting_name(str(row.task))} {row.setting}"
        ours = []
        for (model, metric), rows in cell.groupby(["model", "metric"], sort=False):
            best = rows.sort_values("ours")["level"].iloc[0]
            ours.append(f"{best} ({METRICS[str(metric)].label}, {model}, of {len(rows)} levels)")
        own = f"; ours: {', '.join(ours)}" if ours else "; ours: not run"
        yield f"{where}: best level according to the paper {row.level}{own}."
