"""The tables of the paper, all models, with what is reproduced beside them."""

from __future__ import annotations

from markupsafe import Markup

from specar.paper.files import TABLE_IDS
from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.tables.paper import paper_page
from specar.tables.render import fragment, heading_id
from specar.tables.table import FAILED, REPRODUCED, Cell, Table


def build(context: Context) -> Section:
    """Return the section."""
    pages = [paper_page(context.ledger, name, context.flagged)[1] for name in TABLE_IDS]
    tables = [table for page in pages for table in page.tables]
    body = render("paper_tables.html.j2", tables=[shown(context, table) for table in tables])
    return Section("paper", "The tables of the paper", body, entries_of(tables))


def entries_of(tables: list[Table]) -> tuple[Entry, ...]:
    """Return the lines of the contents for tables with headings."""
    return tuple(Entry(heading_id(table), table.title) for table in tables)


def shown(context: Context, table: Table, level: int = 3) -> Markup:
    """Return a table with its heading; its numbers lead to the records of their runs."""

    def link(cell: Cell) -> str | None:
        behind = {REPRODUCED: cell.runs, FAILED: cell.failed}
        return context.runs.target(behind.get(cell.kind, ()))

    return fragment(table, link, level)
