"""Cells that belong together: averages with their parts, errors over settings, rows of models ranked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from specar.paper.audit.printed import Cell, Paper, grouped, without
from specar.paper.metrics import METRICS

# A fall by less than this share of the larger value may be chance.
_LEAST_FALL = 0.05
MARKS = ("first", "second")


@dataclass(frozen=True)
class Sum:
    """A printed average and the cells that it is the mean of."""

    average: Cell
    parts: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.average, *self.parts)

    def mean(self, replaced: Cell | None = None, number: float = 0.0) -> float:
        return sum(number if cell is replaced else cell.number for cell in self.parts) / len(self.parts)

    def holds(self, replaced: Cell | None = None, number: float = 0.0) -> bool:
        """Whether values before rounding exist for which the average is right; one cell may be ``number``."""
        average = number if replaced is self.average else self.average.number
        mean, half = self.mean(replaced, number), sum(cell.half for cell in self.parts) / len(self.parts)
        return self.average.fits(mean - half, mean + half, average)


@lru_cache(maxsize=4)
def sums(paper: Paper) -> list[Sum]:
    """Return all printed averages, over settings or over datasets, whose parts are printed."""
    return [*_sums_over(paper, "setting"), *_sums_over(paper, "dataset")]


def _sums_over(paper: Paper, part: str) -> Iterator[Sum]:
    # Those of M4 are weighted and are checked in specar.paper.audit.scores.
    for column in grouped(paper.cells, lambda cell: without(cell, part)).values():
        averages = [cell for cell in column if getattr(cell, part) == "avg"]
        parts = tuple(cell for cell in column if getattr(cell, part) != "avg")
        if averages and parts:
            yield Sum(averages[0], parts)


@lru_cache(maxsize=4)
def broken_sums(paper: Paper) -> list[Sum]:
    """Return the averages that no values before rounding explain."""
    return [each for each in sums(paper) if not each.holds()]


@dataclass(frozen=True)
class Series:
    """The errors of one model over the settings of its task, in their order."""

    cells: tuple[Cell, ...]

    def holds(self, replaced: Cell | None = None, number: float = 0.0) -> bool:
        """Whether they never fall; one cell may have another value than the printed one."""
        numbers = [number if cell is replaced else cell.number for cell in self.cells]
        return all(before <= after for before, after in pairwise(numbers))

    @property
    def fall(self) -> float:
        """The largest fall from one setting to the next, as a share."""
        return max(1 - b.number / a.number for a, b in pairwise(self.cells))


@lru_cache(maxsize=4)
def series_of(paper: Paper) -> dict[tuple[str | bool, ...], Series]:
    """Return the errors over horizons or mask ratios, by what else identifies them."""
    cells = [cell for cell in paper.cells if cell.setting and not cell.is_average]
    groups = grouped(cells, lambda cell: without(cell, "setting"))
    return {
        key: Series(tuple(sorted(group, key=lambda cell: float(cell.setting))))
        for key, group in groups.items()
    }


@lru_cache(maxsize=4)
def broken_series(paper: Paper) -> list[Series]:
    """Return the errors that fall although more is hidden, of models whose errors otherwise grow.

    Only imputation: a longer horizon need not be harder. Models that fall on most datasets of a table (they
    do not learn from what is observed) are left out, and so is a fall that chance explains.
    """
    groups = [group for group in series_of(paper).values() if group.cells[0].task == "imputation"]
    of_first = {group.cells[0]: group for group in groups}
    broken = []
    for firsts in grouped(of_first, lambda cell: without(cell, "dataset", "setting")).values():
        falling = [of_first[first] for first in firsts if not of_first[first].holds()]
        if len(falling) <= len(firsts) / 2:
            broken += [group for group in falling if group.fall >= _LEAST_FALL]
    return broken


@dataclass(frozen=True, eq=False)
class Row:
    """The cells of one metric that are ranked against each other, and the colours that their table uses."""

    cells: tuple[Cell, ...]
    marks: tuple[str, ...]

    @cached_property
    def coloured(self) -> bool:
        return any(cell.mark for cell in self.cells)

    def ranked(self, mark: str, replaced: Cell | None = None, number: float = 0.0) -> list[Cell]:
        """Return the cells that deserve a colour: all that share the best or second best value."""
        values = {cell: number if cell is replaced else cell.number for cell in self.cells}
        distinct = sorted(set(values.values()), reverse=METRICS[self.cells[0].metric].higher)
        place = MARKS.index(mark)
        return [cell for cell, value in values.items() if place < len(distinct) and value == distinct[place]]

    def marked(self, mark: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.mark == mark]

    def coloured_right(self, replaced: Cell | None = None, number: float = 0.0) -> bool:
        """Whether the colours follow the values; one cell may have another than the printed one."""
        return all(self.ranked(mark, replaced, number) == self.marked(mark) for mark in self.marks)


@lru_cache(maxsize=4)
def rows(paper: Paper) -> dict[tuple[str | bool, ...], Row]:
    """Return the rows of all tables, by what their cells share; a model or variant is a cell of one."""
    used = {
        source: tuple(mark for mark in MARKS if any(cell.mark == mark for cell in cells))
        for source, cells in grouped(paper.cells, lambda cell: cell.source_table).items()
    }
    groups = grouped(paper.cells, lambda cell: without(cell, "model", "variant"))
    return {key: Row(tuple(cells), used[cells[0].source_table]) for key, cells in groups.items()}


def row_of(paper: Paper, cell: Cell) -> Row:
    """Return the row that a cell stands in."""
    return rows(paper)[without(cell, "model", "variant")]
