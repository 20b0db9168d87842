"""The tables of the paper, all models, with what is reproduced beside SpecAR-Net."""

from __future__ import annotations

from specar.paper.files import TABLE_IDS
from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.text import slug
from specar.tables.paper_render import paper_legend_html, paper_table_html
from specar.tables.paper_write import table_parts
from specar.tables.reproduced import reproduced_of
from specar.tables.table import REPRODUCED, Cell, PaperTable


def build(context: Context) -> Section:
    """Return the section."""
    reproduced = reproduced_of(context.plan, context.results.values())
    tables = [table_parts(name, context.plan, reproduced, context.flagged)[1] for name in TABLE_IDS]
    body = render("paper_tables.html.j2", tables=[printed(context, table) for table in tables])
    entries = tuple(Entry(heading_id(table), table.title) for table in tables)
    return Section("paper", "The tables of the paper", body, entries)


def heading_id(table: PaperTable) -> str:
    """Id of the heading of a table."""
    return slug("table", table.id)


def printed(context: Context, table: PaperTable) -> dict[str, object]:
    """What the template needs of a table."""

    def link(cell: Cell) -> str | None:
        return context.runs.target(cell.runs if cell.kind == REPRODUCED else cell.failed)

    return {
        "id": heading_id(table),
        "title": table.title,
        "notes": table.notes,
        "body": paper_table_html(table, link),
        "legend": paper_legend_html(table),
    }
