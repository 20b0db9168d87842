"""Colours of the best and second best result of a row against the ranks of the printed values."""

from __future__ import annotations

from collections.abc import Iterator

from specar.paper.audit.finding import Finding
from specar.paper.audit.printed import Cell, Paper
from specar.paper.audit.quantities import BACKBONES
from specar.paper.audit.ranks import Row, rows
from specar.paper.audit.repairs import misprints


def colours(paper: Paper) -> Iterator[Finding]:
    """Yield rows where a colour is not where the values want it."""
    for row in rows(paper).values():
        for mark in row.marks if row.coloured else ():
            due, marked = row.ranked(mark), row.marked(mark)
            if due != marked:
                yield _finding(paper, row, mark, due, marked)


def _finding(paper: Paper, row: Row, mark: str, due: list[Cell], marked: list[Cell]) -> Finding:
    cell, best = row.cells[0], due[0].text if due else "none"
    return Finding(
        "mark",
        cell.source_table,
        cell.place,
        mark,
        cell.metric,
        _names(marked),
        f"{_names(due)} ({best})",
        _why(paper, row, mark, due, marked),
        "label",
        {**cell.key, "model": "", "variant": ""},
    )


def _why(paper: Paper, row: Row, mark: str, due: list[Cell], marked: list[Cell]) -> str:
    for repair in misprints(paper):
        if repair.cell in row.cells and row.ranked(mark, repair.cell, repair.number) == marked:
            return (
                f"follows from {repair.cell.text} printed for {repair.correction.text} "
                f"({repair.cell.column}); the colour is right for the intended value"
            )
    if marked and set(marked) < set(due):
        return f"a tied cell is not coloured: {_names([cell for cell in due if cell not in marked])}"
    if not marked:
        return f"no cell is coloured {mark}, {_names(due)} should be"
    wrong = [cell for cell in marked if cell not in due]
    return f"coloured {mark} is {_listed(wrong)}, {mark} is {_listed(due)}"


def _names(cells: list[Cell]) -> str:
    return " + ".join(sorted(_name(cell) for cell in cells)) or "none"


def _listed(cells: list[Cell]) -> str:
    return " + ".join(sorted(f"{_name(cell)} with {cell.text}" for cell in cells)) or "none"


def _name(cell: Cell) -> str:
    """Its model, and the variant where there is one; backbones are all of one model."""
    return cell.variant if cell.variant in BACKBONES else " ".join(filter(None, [cell.model, cell.variant]))
