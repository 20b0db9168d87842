"""The table of an ablation: a column per level, published and reproduced numbers on lines of their own."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from specar.ablations.notes import notes_of
from specar.ablations.results import best_levels
from specar.config.tasks import TASK_INFO
from specar.paper.marks import FIRST
from specar.paper.table import (
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
from specar.plan import Plan
from specar.status import status_of
from specar.tables import statistics
from specar.tables.metrics import METRICS
from specar.tables.run_states import listed_failures
from specar.tables.sources import AVERAGE, setting_name, source_of

PUBLISHED = "published"
_PLACE = ["task", "dataset", "setting", "metric"]
_AXES = ["architecture", "top", "protocol"]
_NOTHING = (NOT_RUN, NOT_REQUESTED)
_LEGEND = (
    f"Marks: {WORDS[NOT_RUN][0]} {WORDS[NOT_RUN][1]}; † some of the seeds not done; {WORDS[NOT_PRINTED][0]} "
    f"{WORDS[NOT_PRINTED][1]}. Numbers after ± are sample standard deviations over seeds."
)
RANKING = "Bold: the best level of each line."


def table_of(plan: Plan, name: str, table: pd.DataFrame) -> PaperTable:
    """Return an ablation as a table that can be rendered.

    Parameters
    ----------
    plan
        The plan of the ablation.
    name
        The ablation.
    table
        Its tidy table (see `specar.ablations.results.ablation_table`).
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
        legend=(_LEGEND, *((RANKING,) if bool(marked["best"].any()) else ())),
        failures=listed_failures(failed),
    )


def _has_failed(plan: Plan, run: str) -> bool:
    return status_of(plan, run).state == "failed"


def _blocks(table: pd.DataFrame, levels: list[str]) -> Iterator[list[Line]]:
    """Lines of each dataset, those with neither a published number nor a started run left out."""
    for _, rows in table.groupby(["task", "dataset"], sort=False):
        lines = [line for _, cell in rows.groupby(_PLACE, sort=False) for line in _lines(cell, levels)]
        yield [line for line in lines if any(cell.kind not in _NOTHING for cell in line.cells)]


def _lines(rows: pd.DataFrame, levels: list[str]) -> Iterator[Line]:
    first = rows.iloc[0]
    names = _names(first)
    if rows[PUBLISHED].notna().any():
        printed = rows.drop_duplicates("level").set_index("level")
        yield Line((*names, PUBLISHED), tuple(_published(printed, level) for level in levels))
    asked = rows[rows["state"] != statistics.NOT_REQUESTED]
    several = [axis for axis in _AXES if asked.groupby("level", sort=False)[axis].nunique().gt(1).any()]
    for key, own in asked.groupby(several, sort=False) if several else [((), asked)]:
        cells = own.set_index("level")
        yield Line(
            (*names, _label(own.iloc[0], asked, several, key)),
            tuple(_reproduced(cells, level) for level in levels),
            reproduced=True,
        )


def _names(row: Any) -> tuple[str, str, str]:
    setting = setting_name(row["task"])
    shown = (
        "average" if row["dataset"] == AVERAGE else row["dataset"].removeprefix(source_of(row["task"]).prefix)
    )
    return shown, f"{setting} {row['setting']}" if setting else "", METRICS[row["metric"]].label


def _label(row: Any, asked: pd.DataFrame, several: list[str], key: Hashable) -> str:
    """Whose numbers a line has: what the levels themselves change is not said."""
    of_line = asked if not several else asked[(asked[several] == row[several]).all(axis=1)]
    parts = [row["architecture"]] if of_line["architecture"].nunique() == 1 else []
    if TASK_INFO[row["task"]].top and of_line["top"].nunique() == 1:
        parts.append(f"{'with' if row['top'] else 'without'} TOP")
    if row["protocol"] != PUBLISHED:
        parts.append(f"protocol {row['protocol']}")
    return f"reproduced ({', '.join(parts)})" if parts else "reproduced"


def _published(rows: pd.DataFrame, level: str) -> Cell:
    if level not in rows.index or pd.isna(rows.loc[level, PUBLISHED]):
        return Cell(NOT_PRINTED)
    row = rows.loc[level]
    mark = FIRST if row["best_published"] is True or row["best_published"] == 1 else ""
    return Cell(PRINTED, _number(row[PUBLISHED], row["metric"]), mark=mark)


def _reproduced(rows: pd.DataFrame, level: str) -> Cell:
    if level not in rows.index:
        return Cell(NOT_REQUESTED)
    row = rows.loc[level]
    ids = tuple(str(row["run_ids"]).split())
    if pd.isna(row["reproduced"]):
        is_failed = row["state"] == statistics.FAILED
        return Cell(FAILED, failed=ids) if is_failed else Cell(NOT_RUN)
    return Cell(
        REPRODUCED,
        _number(row["reproduced"], row["metric"]),
        "" if pd.isna(row["sd"]) else _number(row["sd"], row["metric"]),
        FIRST if row["best"] else "",
        partial=row["state"] == statistics.PARTIAL,
        runs=ids,
        seeds=int(row["seeds"]),
    )


def _number(value: float, metric: str) -> str:
    return f"{value:.{METRICS[metric].decimals}f}"
