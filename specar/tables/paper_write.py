"""Writes the paper's tables from what is there, as CSV, Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from specar.base.errors import SpecarError
from specar.base.files import write_text
from specar.paper.definitions import definition_of
from specar.paper.files import SETUP, SUFFIXES, TABLE_IDS
from specar.runs.plan import Plan
from specar.tables.build import table_of_cells
from specar.tables.cells import FlaggedKey, paper_cells
from specar.tables.paper_render import render_html, render_latex, render_markdown
from specar.tables.reproduced import Reproduced, reproduced_of
from specar.tables.setup import setup_rows, setup_table
from specar.tables.table import PaperTable

_RENDERERS = {".md": render_markdown, ".tex": render_latex, ".html": render_html}


def write_paper_tables(
    plan: Plan,
    names: Sequence[str] = (),
    flagged: Collection[FlaggedKey] = (),
) -> list[Path]:
    """Write tables of the paper to the folder ``paper`` of the results; nothing is trained.

    Parameters
    ----------
    plan
        Its records are the reproduced numbers.
    names
        Ids of tables (``main-2``); by default all.
    flagged
        Cells that the audit lists (see `specar.tables.cells.flag_key`).

    Raises
    ------
    SpecarError
        The paper has no such table, or a record is damaged.
    """
    if unknown := [name for name in names if name not in TABLE_IDS]:
        raise SpecarError(f"the paper has no table {unknown[0]!r}; known: {', '.join(TABLE_IDS)}")
    reproduced = reproduced_of(plan)
    written = []
    for name in names or TABLE_IDS:
        rows, table = table_parts(name, plan, reproduced, flagged)
        for suffix in SUFFIXES:
            path = plan.paper / f"{name}.{suffix}"
            write_text(path, as_csv(rows) if suffix == "csv" else _RENDERERS[path.suffix](table))
            written.append(path)
    return written


def table_parts(
    name: str, plan: Plan, reproduced: Reproduced, flagged: Collection[FlaggedKey] = ()
) -> tuple[pd.DataFrame, PaperTable]:
    """Return a table's tidy rows and the table for rendering, those of Table 1 included."""
    if name == SETUP:
        rows = setup_rows(plan.prepared)
        return rows, setup_table(rows)
    definition = definition_of(name)
    cells = paper_cells(definition, reproduced, flagged)
    return cells, table_of_cells(definition, cells, reproduced)


def as_csv(rows: pd.DataFrame) -> str:
    """Return tidy rows as CSV; several run ids in a cell are separated by spaces."""
    lists = {name: rows[name].map(" ".join) for name in ("runs", "failed") if name in rows}
    return rows.assign(**lists).to_csv(index=False, lineterminator="\n")
