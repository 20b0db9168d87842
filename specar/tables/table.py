"""A paper's table as data: header, lines and cells, which templates of any format can render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from specar.results.run_states import Failures
from specar.tables.header import Span
from specar.tables.marks import FIRST, SECOND

# Kinds of cells.
PRINTED, NOT_PRINTED = "published", "not printed"
REPRODUCED, NOT_RUN, FAILED, NOT_REQUESTED = "reproduced", "not run", "failed", "not requested"
COUNT, TEXT, BLANK = "count", "text", "blank"

# What stands in a cell without a number, and what it means.
WORDS = {
    NOT_PRINTED: ("n.p.", "not printed in the paper"),
    NOT_RUN: ("–", "not run, or not all of the runs that it needs"),
    FAILED: ("failed", "failed: none of its runs is done and at least one failed"),
    NOT_REQUESTED: ("", "blank: not requested, no such run is in the configuration"),
}
PARTIAL, DIFFERS, FLAGGED = "†", "‡", "§"


@dataclass(frozen=True)
class Cell:
    """A cell of the body.

    Attributes
    ----------
    kind
        What it is: one of the words above.
    text
        The number as printed, the mean over seeds, or empty.
    spread
        Sample standard deviation over seeds; empty where there is none.
    mark
        ``first`` or ``second`` among the published numbers of its row and metric, recomputed.
    partial
        Whether some seeds are not done.
    differs
        Whether the paper coloured it otherwise.
    flagged
        Whether the audit lists its number as a misprint.
    runs, failed
        Ids of the runs behind the number, and of those that failed.
    seeds
        Number of seeds behind it.
    width
        Columns that it spans.
    """

    kind: str
    text: str = ""
    spread: str = ""
    mark: str = ""
    partial: bool = False
    differs: bool = False
    flagged: bool = False
    runs: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    seeds: int = 0
    width: int = 1

    @property
    def signs(self) -> str:
        """Signs that follow the number; the legend explains them."""
        signs = ((self.partial, PARTIAL), (self.differs, DIFFERS), (self.flagged, FLAGGED))
        return "".join(sign for given, sign in signs if given)

    @property
    def plain(self) -> str:
        """The cell as plain text, without its mark."""
        number = WORDS[self.kind][0] if self.kind in WORDS else self.text
        return f"{number}{f' ± {self.spread}' if self.spread else ''}{self.signs}"

    @property
    def words(self) -> str:
        """What the cell is, in words."""
        if self.kind == REPRODUCED:
            some = ", some not done" if self.partial else ""
            return f"reproduced, {self.seeds} seed{'s' * (self.seeds != 1)}{some}"
        place = {FIRST: ", best of its row", SECOND: ", second best of its row"}.get(self.mark, "")
        return f"published{place}" if self.kind == PRINTED else WORDS.get(self.kind, ("", ""))[1]


@dataclass(frozen=True)
class Column:
    """A column: its headings from top to bottom, and what it must stay together with; ``prose`` has words."""

    headings: tuple[str, ...]
    group: str
    reproduced: bool = False
    prose: bool = False


@dataclass(frozen=True)
class Line:
    """A line of the body: names at its left, the first of which stands for the whole block, and cells."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]
    reproduced: bool = False


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper, ready to be rendered; all texts are plain.

    Attributes
    ----------
    id, title
        ``appendix-10``; ``Appendix Table 10: …``.
    names
        Headings of the names at the left of each line.
    columns, blocks
        The columns and the lines, in blocks of one dataset or model.
    notes, legend
        Sentences that introduce the table, and that explain its signs and missing cells.
    failures
        Failed runs of the table.
    ranking
        What bold means, where it is not the best published number of a row and metric.
    """

    id: str
    title: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    blocks: tuple[tuple[Line, ...], ...]
    notes: tuple[str, ...]
    legend: tuple[str, ...]
    failures: Failures
    ranking: str = ""

    @property
    def ranked(self) -> bool:
        """Whether best and second best numbers are marked."""
        return any(cell.mark for block in self.blocks for line in block for cell in line.cells)

    @property
    def header(self) -> list[list[Span]]:
        """Rows of the header, with the names in the last one; those without a text are left out."""
        depth = max((len(column.headings) for column in self.columns), default=0)
        levels = [i for i in range(depth) if any(column.headings[i] for column in self.columns)]
        blank = [Span("", i, i) for i, _ in enumerate(self.names, start=1)]
        rows = [[*blank, *self._spans(levels[: i + 1])] for i in range(len(levels))]
        last = [Span(text, i, i) for i, text in enumerate(self.names, start=1)]
        return [*rows[:-1], [*last, *rows[-1][len(last) :]]] if rows else [last]

    def _spans(self, levels: list[int]) -> Iterator[Span]:
        """Headings of the last of ``levels``; equal ones under equal headings are one."""
        first = len(self.names) + 1
        for headings, columns in groupby(self.columns, lambda c: tuple(c.headings[i] for i in levels)):
            width = len(list(columns))
            yield Span(headings[-1], first, first + width - 1)
            first += width

    @property
    def widths(self) -> list[int]:
        """Characters of each column, its own headings and the gap to the next one included."""
        of_group = Counter(column.group for column in self.columns)
        own = [
            column.headings if of_group[column.group] == 1 else column.headings[-1:]
            for column in self.columns
        ]
        # A heading of several words can be broken.
        widths = [max(map(len, " ".join(texts).split()), default=0) for texts in own]
        for block in self.blocks:
            for line in block:
                # Only counts span columns, and they are short.
                for i, cell in enumerate(line.cells if len(line.cells) == len(widths) else ()):
                    widths[i] = max(widths[i], len(cell.plain))
        return [width + 2 for width in widths]

    def panels(self, most: int) -> list[PaperTable]:
        """Split the table between groups of columns into as few parts of ``most`` characters as can be.

        Parts are about equally wide; a group that is wider by itself is one part.
        """
        ends = [0, *accumulate(self.widths)]
        groups = len({column.group for column in self.columns})
        for count in range(1, groups + 1):
            edges = self._edges(ends, count)
            if max(ends[end] - ends[first] for first, end in pairwise(edges)) <= most:
                break
        return [self._part(first, end) for first, end in pairwise(edges)]

    def _edges(self, ends: list[int], count: int) -> list[int]:
        """First columns of ``count`` parts, and the number of columns."""
        edges, last = [0], len(self.columns)
        for i in range(1, last + 1):
            is_end = i == last or self.columns[i - 1].group != self.columns[i].group
            if is_end and (i == last or ends[i] >= ends[-1] * len(edges) / count):
                edges.append(i)
        return edges

    def _part(self, first: int, end: int) -> PaperTable:
        blocks = tuple(
            tuple(replace(line, cells=_between(line.cells, first, end)) for line in block)
            for block in self.blocks
        )
        return replace(self, columns=self.columns[first:end], blocks=blocks)


def _between(cells: Sequence[Cell], first: int, end: int) -> tuple[Cell, ...]:
    """Cells in the columns ``first`` to ``end`` (exclusive), counted from 0."""
    found, at = [], 0
    for cell in cells:
        if first <= at < end:
            found.append(cell)
        at += cell.width
    return tuple(found)
