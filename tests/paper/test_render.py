"""The formats: marks, signs, headings, and parts of wide tables."""

from __future__ import annotations

import pytest

from specar.paper.definitions import DEFINITIONS, definition_of
from specar.tables.paper import paper_table
from specar.tables.paper_cells import paper_cells
from specar.tables.render import fragment, render
from specar.tables.setup import setup_rows, setup_table
from specar.tables.table import page_of

from ..tables.page import Page


@pytest.fixture
def values(make):
    value, runs_of = make
    return runs_of(
        value("ETTm1", "mse", 0.0253, setting="avg"),
        value("ETTm1", "mae", 0.1061, setting="avg", state="partial"),
        value("ETTm2", "mse", None, setting="avg", state="failed", failed=("a-run",)),
        reasons={"a-run": "out of <memory> & 50 % of the time"},
    )


@pytest.fixture
def table(values):
    return made("main-6", values)


def made(name, ledger=None):
    """The table of the paper, with what a ledger has."""
    definition = definition_of(name)
    return paper_table(definition, paper_cells(definition, ledger), ledger)


def rendered(table, suffix):
    return render(page_of(table), suffix)


def test_markdown(table):
    text = rendered(table, "md")
    line = next(line for line in text.splitlines() if line.startswith("| **ETTm1**"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    no_break = "\u00a0"
    assert cells[1:7] == [
        "**0.026**",
        "**0.105**",
        f"0.025{no_break}±{no_break}0.010",
        f"0.106{no_break}±{no_break}0.010†",
        "_0.027_",
        "_0.107_",
    ]
    assert " failed |" in next(line for line in text.splitlines() if line.startswith("| **ETTm2**"))
    assert r"out of \<memory>" in text


def test_latex(table):
    text = rendered(table, "tex")
    assert r"\textbf{0.026} & \textbf{0.105} & 0.025 $\pm$ 0.010 & 0.106 $\pm$ 0.010$^\dagger$" in text
    assert r"\underline{0.027} & \underline{0.107}" in text
    assert r"50 \% of the time" in text
    assert text.count(r"\begin{table*}") == text.count(r"\end{table*}") == 1


def test_html_is_well_formed_and_has_every_cell_under_its_headings(table):
    page = Page(rendered(table, "html"))
    (grid,) = page.grids
    rows = grid.rows()
    assert rows[0][1:8] == ["SpecAR-Net"] * 4 + ["TimesNet"] * 2 + ["ETSformer"]
    assert rows[1][1:6] == ["published", "published", "our runs (specar)", "our runs (specar)", ""]
    assert rows[2][:3] == ["Dataset", "MSE", "MAE"]
    assert rows[3][:5] == ["ETTm1", "0.026", "0.105", "0.025 ±\u00a00.010", "0.106 ±\u00a00.010†"]
    assert not page.references


def test_html_of_the_table_alone_links_to_records(table):
    html = fragment(table, lambda cell: f"records/{cell.runs[0]}.html" if cell.runs else None)
    assert Page(html).references == ["records/ETTm1-seed0.html"] * 2
    assert not Page(fragment(table)).references


@pytest.mark.parametrize("name", DEFINITIONS)
def test_pages_of_all_tables_are_well_formed(name):
    (grid,) = Page(rendered(made(name), "html")).grids
    assert len({len(row) for row in grid.rows()}) == 1


def test_page_of_table_1_is_well_formed():
    (grid,) = Page(rendered(setup_table(setup_rows()), "html")).grids
    assert len(grid.rows()) == 32


@pytest.mark.parametrize("most", [40, 80, 120, 1000])
def test_parts_hold_every_column_once_and_keep_models_together(most):
    table = made("appendix-9")
    parts = table.panels(most)
    assert [column for part in parts for column in part.columns] == list(table.columns)
    groups = [{column.group for column in part.columns} for part in parts]
    assert sum(map(len, groups)) == len(set.union(*groups))
    lines = [line for block in table.blocks for line in block]
    for number, line in enumerate(lines):
        found = [[x for block in part.blocks for x in block][number].cells for part in parts]
        assert tuple(cell for cells in found for cell in cells) == line.cells
    assert all(sum(part.widths) <= most for part in parts)


def test_headings_cover_all_columns():
    for name in DEFINITIONS:
        table = made(name)
        for row in table.header:
            assert [span.first for span in row] == [1, *(span.last + 1 for span in row[:-1])]
            assert row[-1].last == len(table.names) + len(table.columns)
