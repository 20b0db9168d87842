"""A table of the paper: the published numbers of all models, and beside them our runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

import pandas as pd

from specar.paper import SETUP
from specar.paper.definitions import PrintedRow, TableDefinition, definition_of
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.sources import AVERAGE, setting_name
from specar.results.ledger import Ledger
from specar.tables.paper_cells import CELL, FlaggedKey, paper_cells
from specar.tables.paper_notes import legend_of, notes_of
from specar.tables.setup import setup_rows, setup_table
from specar.tables.table import (
    BLANK,
    COUNT,
    FIRST,
    NO_FAILURES,
    NOT_PRINTED,
    PRINTED,
    Cell,
    Column,
    Line,
    Page,
    Table,
    page_of,
)
from specar.tables.task import failures_of, own_cell, records_of

Blocks = tuple[tuple[Line, ...], ...]
PUBLISHED = "published"


def paper_page(ledger: Ledger, name: str, flagged: Collection[FlaggedKey] = ()) -> tuple[pd.DataFrame, Page]:
    """Return the tidy rows of a table of the paper (``main-2``), and the table; Table 1 has settings.

    ``flagged`` are the cells that the audit lists (see `specar.tables.paper_cells.flagged_keys`).

    `SpecarError`: the paper has no such table.
    """
    if name == SETUP:
        rows = setup_rows(ledger.plan.prepared)
        return rows, page_of(setup_table(rows))
    definition = definition_of(name)
    cells = paper_cells(definition, ledger, flagged)
    return cells, page_of(paper_table(definition, cells, ledger))


class Who(NamedTuple):
    """Whose numbers: a model, a variant of it, and a label where they are of our runs."""

    model: str
    variant: str
    label: str = ""

    @property
    def name(self) -> str:
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
        return self.cells[who, row.task, row.dataset, row.setting, metric]

    def is_printed(self, who: Who) -> bool:
        """Whether the paper's table has the model."""
        return who[:2] in self.definition.models

    def origin(self, who: Who) -> str:
        """Whether numbers are published or of our runs; empty where a model has published ones only."""
        if who.label:
            return f"our runs ({who.label})" if self.is_printed(who) else "our runs"
        run = any(other.label and other.name == who.name for other in self.whos)
        return PUBLISHED if run else ""

    @property
    def several_models(self) -> bool:
        """Whether the paper prints models other than SpecAR-Net."""
        return any(model != OURS for model, _ in self.definition.models)

    def model(self, who: Who) -> str:
        """The model where it has to be named."""
        return who.model if self.several_models or not self.is_printed(who) else ""

    def headings(self, who: Who) -> tuple[str, str, str]:
        return self.model(who), who.variant, self.origin(who)


def paper_table(definition: TableDefinition, cells: pd.DataFrame, ledger: Ledger | None = None) -> Table:
    """Return the table of the tidy cells that `paper_cells` returns; ``ledger`` has our runs."""
    content = _content(definition, cells)
    names, columns, blocks = _FORMS[definition.form](content)
    failed = dict.fromkeys(name for ids in cells["failed"] for name in ids)
    table = Table(
        definition.id,
        f"{definition.id.capitalize().replace('-', ' Table ')}: {definition.title}",
        names,
        columns,
        blocks,
        tuple(notes_of(definition, cells, ledger)),
        failures=failures_of(ledger.plan, failed, ledger.failed) if ledger is not None else NO_FAILURES,
    )
    return replace(table, legend=tuple(legend_of(definition, table.cells)))


def _content(definition: TableDefinition, cells: pd.DataFrame) -> Content:
    found: dict[tuple[Who, str, str, str, str], Cell] = {}
    for row in records_of(cells):
        what = (row["task"], row["dataset"], row["setting"], row["metric"])
        if (row["model"], row["variant"]) in definition.models:
            found[Who(row["model"], row["variant"]), *what] = _published_cell(row)
        if row["label"]:
            metric = METRICS[row["metric"]]
            decimals = metric.decimals + 2 * (definition.fraction and metric.percent)
            found[Who(row["model"], row["variant"], row["label"]), *what] = own_cell(row, decimals)
    best = cells[(cells["mark"] == FIRST) & (cells["setting"] != AVERAGE)].drop_duplicates(CELL)
    names = best["variant"].where(best["variant"] != "", best["model"])
    counts = {str(name): int(count) for name, count in names.value_counts().items()}
    return Content(definition, list(dict.fromkeys(who for who, *_ in found)), found, counts)


def _published_cell(row: Mapping[str, Any]) -> Cell:
    if not row["published"]:
        return Cell(NOT_PRINTED)
    marks = {"mark": row["mark"], "differs": bool(row["mark_differs"]), "flagged": bool(row["flagged"])}
    return Cell(PRINTED, row["published"], **marks)


Form = tuple[tuple[str, ...], tuple[Column, ...], Blocks]


def _metric_columns(content: Content) -> Form:
    """A line per row; each metric is a column of every model."""
    definition, whos = content.definition, content.whos
    setting = setting_name(definition.rows[0].task)
    settings = dict.fromkeys(row.setting for row in definition.rows)
    names = ("Dataset", *([setting.capitalize()] if setting and len(settings) > 1 else []))
    one = len(definition.metrics) == 1
    columns = tuple(
        Column((*content.headings(who), "" if one else METRICS[metric].label), who.name, bool(who.label))
        for who in whos
        for metric in definition.metrics
    )
    lines = [
        Line(
            (row.name, row.setting)[: len(names)],
            tuple(content.cell(who, row, metric) for who in whos for metric in definition.metrics),
        )
        for row in definition.rows
    ]
    return names, columns, (*_blocks(lines), *_count_lines(content, len(names)))


def _metric_lines(content: Content) -> Form:
    """A line per row and metric; a column per model."""
    columns = tuple(Column(content.headings(who), who.name, bool(who.label)) for who in content.whos)
    lines = [
        Line((row.name, METRICS[metric].label), tuple(content.cell(who, row, metric) for who in content.whos))
        for row in content.definition.rows
        for metric in row.metrics
    ]
    first = "Subset" if content.definition.task else "Task"
    return (first, "Metric"), columns, _blocks(lines)


def _model_lines(content: Content) -> Form:
    """A line per model; each row and metric is a column."""
    cells = [(row, metric) for row in content.definition.rows for metric in row.metrics]
    columns = tuple(Column((row.name, METRICS[metric].label), row.name) for row, metric in cells)
    several = content.several_models
    names = ("Model" if several else "Backbone", *([""] if any(map(content.origin, content.whos)) else []))
    lines = [
        Line(
            (f"{content.model(who)} {who.variant}".strip(), content.origin(who))[: len(names)],
            tuple(content.cell(who, row, metric) for row, metric in cells),
            bool(who.label),
        )
        for who in content.whos
    ]
    return names, columns, _blocks(lines)


def _blocks(lines: list[Line]) -> Blocks:
    """Lines with the same first name belong together."""
    return tuple(tuple(block) for _, block in groupby(lines, lambda line: line.names[0]))


def _count_lines(content: Content, names: int) -> Blocks:
    """The numbers of best cells that the paper prints, and those that follow from its numbers."""
    printed, width = content.definition.printed_counts, len(content.definition.metrics)
    if not printed:
        return ()
    own = {name: str(count) for name, count in content.counts.items()}
    blocks = []
    for title, counts in (("Best cells, printed", printed), ("Best cells, recomputed", own)):
        texts = ["" if who.label else counts.get(who.variant or who.model, "") for who in content.whos]
        cells = tuple(Cell(COUNT if text else BLANK, text, width=width) for text in texts)
        blocks.append((Line((title, *[""] * (names - 1)), cells),))
    return tuple(blocks)


_FORMS = {"metric columns": _metric_columns, "metric lines": _metric_lines, "model lines": _model_lines}
