"""Writes the paper's tables from what is there, as CSV, Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from specar.paper.definitions import definition_of
from specar.paper.files import SETUP
from specar.runs.plan import Plan
from specar.tables.build import table_of_cells
from specar.tables.cells import FlaggedKey, paper_cells
from specar.tables.paper_render import render_html, render_latex, render_markdown
from specar.tables.reproduced import Reproduced
from specar.tables.setup import setup_rows, setup_table
from specar.tables.table import PaperTable

_RENDERERS = {".md": render_markdown, ".tex": render_latex, ".html": render_html}


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
