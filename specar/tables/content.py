"""The cells of a paper's table by who reached them and what they measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from specar.paper.definitions import PrintedRow, TableDefinition
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import AVERAGE
from specar.results import statistics
from specar.tables.cells import CELL, records_of
from specar.tables.marks import FIRST
from specar.tables.table import FAILED, NOT_PRINTED, NOT_REQUESTED, NOT_RUN, PRINTED, REPRODUCED, Cell

PUBLISHED = "published"
_KINDS = {
    statistics.DONE: NOT_RUN,  # done, but its result is not finite
    statistics.PARTIAL: NOT_RUN,
    statistics.MISSING: NOT_RUN,
    statistics.FAILED: FAILED,
    statistics.NOT_REQUESTED: NOT_REQUESTED,
}


@dataclass(frozen=True)
class Who:
    """Whose numbers: a model, a variant of it, and an label where they are reproduced."""

    model: str
    variant: str
    label: str = ""

    @property
    def name(self) -> str:
        """Model and variant."""
        return f"{self.model} {self.variant}".strip()


@dataclass(frozen=True)
class Content:
    """The cells of a table, and who has any, in the order of the paper.

    ``counts`` are the numbers of best cells outside of averages, by variant or model.
    """

    definition: TableDefinition
    whos: list[Who]
    cells: Mapping[tuple[Who, str, str, str, str], Cell]
    counts: Mapping[str, int]

    def cell(self, who: Who, row: PrintedRow, metric: str) -> Cell:
        """Look up a cell."""
        return self.cells[who, row.task, row.dataset, row.setting, metric]

    def origin(self, who: Who) -> str:
        """Whether numbers are published or reproduced; empty where a model has published ones only."""
        if who.label:
            return f"reproduced ({who.label})"
        reproduced = any(other.label and other.name == who.name for other in self.whos)
        return PUBLISHED if reproduced else ""

    @property
    def several_models(self) -> bool:
        """Whether models other than SpecAR-Net are in the table."""
        return any(who.model != OURS for who in self.whos)


def content_of(definition: TableDefinition, cells: pd.DataFrame) -> Content:
    """Return the content of a table from its tidy cells (see `specar.tables.cells.paper_cells`)."""
    found: dict[tuple[Who, str, str, str, str], Cell] = {}
    for row in records_of(cells):
        what = (row["task"], row["dataset"], row["setting"], row["metric"])
        found[Who(row["model"], row["variant"]), *what] = _published_cell(row)
        if row["label"]:
            who = Who(row["model"], row["variant"], row["label"])
            found[who, *what] = _reproduced_cell(row, definition.fraction)
    return Content(definition, list(dict.fromkeys(who for who, *_ in found)), found, _best_counts(cells))


def _best_counts(cells: pd.DataFrame) -> dict[str, int]:
    best = cells[(cells["mark"] == FIRST) & (cells["setting"] != AVERAGE)]
    best = best.drop_duplicates(CELL)
    return {
        str(name): int(count)
        for name, count in best["variant"].where(best["variant"] != "", best["model"]).value_counts().items()
    }


def _published_cell(row: Mapping[str, Any]) -> Cell:
    if not row["published"]:
        return Cell(NOT_PRINTED)
    marks = {"mark": row["mark"], "differs": bool(row["mark_differs"]), "flagged": bool(row["flagged"])}
    return Cell(PRINTED, row["published"], **marks)


def _reproduced_cell(row: Mapping[str, Any], fraction: bool) -> Cell:
    ids = {"runs": row["runs"], "failed": row["failed"]}
    if pd.isna(row["reproduced"]):
        return Cell(_KINDS[row["state"]], **ids)
    metric = METRICS[row["metric"]]
    decimals = metric.decimals + 2 * (fraction and metric.percent)
    return Cell(
        REPRODUCED,
        f"{row['reproduced']:.{decimals}f}",
        "" if pd.isna(row["sd"]) else f"{row['sd']:.{decimals}f}",
        partial=row["state"] == statistics.PARTIAL,
        seeds=int(row["seeds"]),
        **ids,
    )
