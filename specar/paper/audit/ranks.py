"""Rows of a table: which results are the best and second best, and which are coloured so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from specar.paper.audit.printed import Cell, Paper, grouped, without
from specar.paper.metrics import METRICS

MARKS = ("first", "second")


@dataclass(frozen=True, eq=False)
class Row:
    """The cells of one metric that are ranked against each other.

    Attributes
    ----------
    cells
        Of all models (or backbones, or kinds of training).
    marks
        The colours that their table uses.
    """

    cells: tuple[Cell, ...]
    marks: tuple[str, ...]

    @cached_property
    def coloured(self) -> bool:
        """Whether any of them is coloured."""
        return any(cell.mark for cell in self.cells)

    def ranked(self, mark: str, replaced: Cell | None = None, number: float = 0.0) -> list[Cell]:
        """Return the cells that deserve a colour: all that share the best or second best value."""
        values = {cell: number if cell is replaced else cell.number for cell in self.cells}
        distinct = sorted(set(values.values()), reverse=METRICS[self.cells[0].metric].higher)
        place = MARKS.index(mark)
        return [cell for cell, value in values.items() if place < len(distinct) and value == distinct[place]]

    def marked(self, mark: str) -> list[Cell]:
        """Return the cells that have a colour."""
        return [cell for cell in self.cells if cell.mark == mark]

    def coloured_right(self, replaced: Cell | None = None, number: float = 0.0) -> bool:
        """Whether the colours follow the values; one cell may have another than the printed one."""
        return all(self.ranked(mark, replaced, number) == self.marked(mark) for mark in self.marks)


@lru_cache(maxsize=4)
def rows(paper: Paper) -> dict[tuple[str | bool, ...], Row]:
    """Return all rows, by what identifies them."""
    used = {
        source: tuple(mark for mark in MARKS if any(cell.mark == mark for cell in cells))
        for source, cells in grouped(paper.cells, lambda cell: cell.source_table).items()
    }
    groups = grouped(paper.cells, lambda cell: without(cell, "model", "variant"))
    return {key: Row(tuple(cells), used[cells[0].source_table]) for key, cells in groups.items()}


def row_of(paper: Paper, cell: Cell) -> Row:
    """Return the row of a cell."""
    return rows(paper)[without(cell, "model", "variant")]
