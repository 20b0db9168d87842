"""Cells that have to fit together: averages with their parts, and errors over the settings of a task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from specar.paper.audit.printed import Cell, Paper, grouped, touch, without

# A fall by less than this share of the larger value may be chance.
_LEAST_FALL = 0.05


@dataclass(frozen=True)
class Sum:
    """A printed average and the cells that it is the mean of."""

    average: Cell
    parts: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The average and its parts."""
        return (self.average, *self.parts)

    def mean(self, replaced: Cell | None = None, number: float = 0.0) -> float:
        """Mean of the parts, one of which may have another value."""
        return sum(number if cell is replaced else cell.number for cell in self.parts) / len(self.parts)

    def holds(self, replaced: Cell | None = None, number: float = 0.0) -> bool:
        """Whether values before rounding exist for which the average is right.

        ``replaced`` is a cell that is taken to have the value ``number`` instead of the printed one.
        """
        average = number if replaced is self.average else self.average.number
        mean, half = self.mean(replaced, number), sum(cell.half for cell in self.parts) / len(self.parts)
        return touch(mean - half, mean + half, average - self.average.half, average + self.average.half)


@lru_cache(maxsize=4)
def sums(paper: Paper) -> list[Sum]:
    """Return all printed averages, over settings or over datasets, whose parts are printed."""
    return [*_sums_over(paper, "setting"), *_sums_over(paper, "dataset")]


def _sums_over(paper: Paper, part: str) -> Iterator[Sum]:
    # Those of M4 are weighted and are checked in specar.paper.audit.m4.
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
    by_column = grouped(
        [group.cells[0] for group in groups], lambda cell: without(cell, "dataset", "setting")
    )
    of_first = {group.cells[0]: group for group in groups}
    broken = []
    for firsts in by_column.values():
        falling = [of_first[first] for first in firsts if not of_first[first].holds()]
        if len(falling) <= len(firsts) / 2:
            broken += [group for group in falling if group.fall >= _LEAST_FALL]
    return broken
