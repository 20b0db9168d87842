"""The table of an ablation: a column per level, published and reproduced numbers on lines of their own."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, TypeAlias

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.sources import AVERAGE, setting_name, source_of
from specar.results import statistics
from specar.results.ablations import best_levels
from specar.results.run_states import listed_failures
from specar.runs.plan import Plan
from specar.runs.status import status_of
from specar.tables.ablation_notes import notes_of
from specar.tables.marks import FIRST
from specar.tables.table import (
    FAILED,
    NOT_PRINTED,
    NOT_REQUESTED,
    NOT_RUN,
    PRINTED,
    REPRODUCED,
    WORDS,
    Cell,
    Column,
    Line,
    PaperTable,
)

Row: TypeAlias = dict[Hashable, Any]
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


def table_of(plan: Plan, name: str, table: pd.DataFrame) -> PaperTable:
    """Return an ablation as a table that can be rendered.

    Parameters
    ----------
    plan
        The plan of the ablation.
    name
        The ablation.
    table
        Its tidy table (see `specar.results.ablations.ablation_table`).
    """
    ablation = plan.config.ablations[name]
    failed = {run: status_of(plan, run).reason for run in plan.ablation_runs(name) if _has_failed(plan, run)}
    marked = table.assign(
        best=best_levels(table, "reproduced"),
        best_published=best_levels(table.drop_duplicates(["level", *_PLACE]), PUBLISHED),
    )
    levels = list(ablation.levels)
    return PaperTable(
        id=f"ablation-{name}",
        title=f"Ablation: {ablation.title}",
        names=("Dataset", "Setting", "Metric", "Numbers"),
        columns=tuple(Column((level,), level) for level in levels),
        blocks=tuple(tuple(block) for block in _blocks(marked, levels) if block),
        notes=tuple(notes_of(plan, name, table)),
        legend=(_LEGEND,),
        failures=listed_failures(failed),
        ranking=RANKING,
    )


def _has_failed(plan: Plan, run: str) -> bool:
    return status_of(plan, run).state == "failed"


def _blocks(table: pd.DataFrame, levels: list[str]) -> Iterator[list[Line]]:
    """Lines of each dataset, those with neither a published number nor a started run left out."""
    for _, rows in table.groupby(["task", "dataset"], sort=False):
        lines = [line for _, cell in rows.groupby(_PLACE, sort=False) for line in _lines(cell, levels)]
        yield [line for line in lines if any(cell.kind not in _NOTHING for cell in line.cells)]


def _lines(rows: pd.DataFrame, levels: list[str]) -> Iterator[Line]:
    """Lines of a cell: what is published, and what is reproduced per model, TOP and protocol."""
    names = _names(rows.to_dict("records")[0])
    if rows[PUBLISHED].notna().any():
        printed = {row["level"]: row for row in rows.drop_duplicates("level").to_dict("records")}
        yield Line((*names, PUBLISHED), tuple(_published(printed.get(level)) for level in levels))
    asked = rows[rows["state"] != statistics.NOT_REQUESTED]
    several = [axis for axis in _AXES if (asked.groupby("level")[axis].nunique() > 1).any()]
    parts = [own for _, own in asked.groupby(several, sort=False)] if several else [asked]
    for own in parts if len(asked) else []:
        cells = {row["level"]: row for row in own.to_dict("records")}
        decimals = _decimals(own)
        numbers = tuple(_reproduced(cells.get(level), decimals) for level in levels)
        yield Line((*names, _label(own)), numbers, reproduced=True)


def _names(row: Row) -> tuple[str, str, str]:
    setting = setting_name(row["task"])
    name = row["dataset"].removeprefix(source_of(row["task"]).prefix)
    shown = "average" if name == AVERAGE else name
    return shown, f"{setting} {row['setting']}" if setting else "", METRICS[row["metric"]].label


def _label(rows: pd.DataFrame) -> str:
    """Whose numbers a line has: what the levels themselves change is not said."""
    first = rows.to_dict("records")[0]
    parts = [first["model"]] if rows["model"].nunique() == 1 else []
    if TASK_INFO[first["task"]].top and rows["top"].nunique() == 1:
        parts.append(f"{'with' if first['top'] else 'without'} TOP")
    if first["protocol"] != PUBLISHED:
        parts.append(f"protocol {first['protocol']}")
    return f"reproduced ({', '.join(parts)})" if parts else "reproduced"


def _published(row: Row | None) -> Cell:
    if row is None or pd.isna(row[PUBLISHED]):
        return Cell(NOT_PRINTED)
    decimals = METRICS[row["metric"]].decimals
    return Cell(
        PRINTED, f"{row[PUBLISHED]:.{decimals}f}", mark=FIRST if row["best_published"] is True else ""
    )


def _decimals(rows: pd.DataFrame) -> int:
    """Decimals of a reproduced line: as printed, one more where levels that differ would look alike."""
    decimals = METRICS[rows["metric"].iloc[0]].decimals
    values = set(rows["reproduced"].dropna())
    return decimals + (len({f"{value:.{decimals}f}" for value in values}) < len(values))


def _reproduced(row: Row | None, decimals: int) -> Cell:
    if row is None:
        return Cell(NOT_REQUESTED)
    ids = tuple(row["run_ids"].split())
    if pd.isna(row["reproduced"]):
        return Cell(FAILED, failed=ids) if row["state"] == statistics.FAILED else Cell(NOT_RUN)
    return Cell(
        REPRODUCED,
        f"{row['reproduced']:.{decimals}f}",
        "" if pd.isna(row["sd"]) else f"{row['sd']:.{decimals}f}",
        FIRST if row["best"] else "",
        partial=row["state"] == statistics.PARTIAL,
        runs=ids,
        seeds=int(row["seeds"]),
    )
