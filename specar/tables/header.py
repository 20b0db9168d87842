"""The rows of a printed table's header."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from specar.tables.layout import Group, Layout


@dataclass(frozen=True)
class Span:
    """A header cell over the columns ``first`` to ``last``, counted from 1."""

    text: str
    first: int
    last: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.last - self.first + 1


def flat_header(layout: Layout) -> list[str]:
    """Return a header of one row, for the results without or with TOP and the floors."""
    groups = [*layout.results, *layout.floors]
    return [*layout.names, *(f"{group.label} {text}".strip() for group in groups for text in _texts(group))]


def header_rows(layout: Layout) -> list[list[Span]]:
    """Return the rows of a header of TOP and floors, metrics, and columns; those with no text left out."""
    names = [(name, 1) for name in layout.names]
    blank = [("", 1) for _ in names]
    groups = [*(layout.results * len(layout.tops)), *layout.floors]
    tops = [(label, _width(layout.results)) for label in layout.tops.values()]
    rows = [
        [*blank, *tops, ("floors", _width(layout.floors))],
        [*blank, *((group.label, len(group.columns)) for group in groups)],
        [*names, *((text, 1) for group in groups for text in _texts(group))],
    ]
    return [_spans(row) for row in rows if any(text for text, _ in row)]


def _texts(group: Group) -> Iterable[str]:
    return group.columns.values()


def _width(groups: list[Group]) -> int:
    return sum(len(group.columns) for group in groups)


def _spans(cells: list[tuple[str, int]]) -> list[Span]:
    ends = accumulate(width for _, width in cells)
    return [Span(text, end - width + 1, end) for (text, width), end in zip(cells, ends, strict=True)]
