"""A table as data: header, lines and cells, which can be rendered in any format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from specar.results.rows import FAILED, NOT_REQUESTED
from specar.results.run_states import Failures

# Kinds of cells: numbers of the paper and of our runs, those two states of the ledger, and all else.
PRINTED, NOT_PRINTED = "published", "not printed"
OWN, NOT_RUN = "own", "not run"
VALUE, COUNT, TEXT, WORD, BLANK = "value", "count", "text", "word", "blank"

# What stands in a cell without a number, and what it means.
WORDS = {
    NOT_PRINTED: ("n.p.", "not printed in the paper"),
    NOT_RUN: ("–", "not run, or not all of the runs that it needs"),
    FAILED: ("failed", "failed: none of its runs is done and at least one failed"),
    NOT_REQUESTED: ("", "blank: not requested, no such run is in the configuration"),
}
PARTIAL, DIFFERS, FLAGGED = "†", "‡", "§"
FIRST, SECOND = "first", "second"
NO_FAILURES = Failures([], 0)


@dataclass(frozen=True)
class Cell:
    """A cell of the body.

    ``kind`` is one of the words above, ``text`` the number as printed, the mean over seeds, or words, and
    ``spread`` the standard deviation over seeds. ``mark`` says whether it is ``first`` or ``second`` of its
    row; ``partial`` that some seeds are not done, ``differs`` that the paper coloured or states it otherwise,
    ``flagged`` that the audit lists it. ``runs`` are behind the number, ``failed`` have none; it spans
    ``width`` columns.
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
    def number(self) -> str:
        """The text, or what stands for one that is not there."""
        return WORDS[self.kind][0] if self.kind in WORDS else self.text

    @property
    def plain(self) -> str:
        """The cell as plain text, without its mark."""
        return f"{self.number}{f' ± {self.spread}' if self.spread else ''}{self.signs}"

    @property
    def words(self) -> str:
        """What the cell is, in words."""
        if self.kind == OWN:
            some = ", some not done" if self.partial else ""
            return f"our runs, {self.seeds} seed{'s' * (self.seeds != 1)}{some}"
        place = {FIRST: ", best of its row", SECOND: ", second best of its row"}.get(self.mark, "")
        return f"published{place}" if self.kind == PRINTED else WORDS.get(self.kind, ("", ""))[1]


@dataclass(frozen=True)
class Column:
    """A column: its headings from top to bottom, and what it must stay together with; ``prose`` has words."""

    headings: tuple[str, ...]
    group: str
    own: bool = False
    prose: bool = False


@dataclass(frozen=True)
class Line:
    """A line of the body: names at its left, the first of which stands for the whole block, and cells."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]
    own: bool = False
    href: str = ""  # where its first name leads to


@dataclass(frozen=True)
class Span:
    """A header cell over the columns ``first`` to ``last``, counted from 1."""

    text: str
    first: int
    last: int

    @property
    def width(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Table:
    """A table, ready to be rendered; all texts are plain.

    ``names`` are the headings of the names at the left of each line, ``blocks`` the lines of one dataset or
    model each. ``notes`` introduce the table, ``legend`` explains its signs, ``ranking`` what bold means
    where it is not the best published number. ``apart`` are first headings that stand below each other
    where a page is narrow, with the columns that all share. ``bold``: so are the names of blocks in Markdown.
    """

    id: str
    title: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    blocks: tuple[tuple[Line, ...], ...]
    notes: tuple[str, ...] = ()
    legend: tuple[str, ...] = ()
    failures: Failures = NO_FAILURES
    ranking: str = ""
    apart: tuple[str, ...] = ()
    bold: bool = True

    @property
    def cells(self) -> list[Cell]:
        return [cell for block in self.blocks for line in block for cell in line.cells]

    @property
    def ranked(self) -> bool:
        """Whether best and second best numbers are marked."""
        return any(cell.mark for cell in self.cells)

    @property
    def header(self) -> list[list[Span]]:
        """Rows of the header, with the names in the last one; those without a text are left out."""
        depth = max((len(column.headings) for column in self.columns), default=0)
        levels = [i for i in range(depth) if any(column.headings[i] for column in self.columns)]
        blank = [Span("", i, i) for i, _ in enumerate(self.names, start=1)]
        rows = [[*blank, *self._spans(levels[:end])] for end in range(1, len(levels) + 1)]
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
        groups = [column.group for column in self.columns]
        own = [c.headings if groups.count(c.group) == 1 else c.headings[-1:] for c in self.columns]
        # A heading of several words can be broken.
        widths = [max(map(len, " ".join(texts).split()), default=0) for texts in own]
        for block in self.blocks:
            for line in block:
                # Only counts span columns, and they are short.
                for i, cell in enumerate(line.cells if len(line.cells) == len(widths) else ()):
                    widths[i] = max(widths[i], len(cell.plain))
        return [width + 2 for width in widths]

    def panels(self, most: int) -> list[Table]:
        """Split the table between groups of columns into as few parts of ``most`` characters as can be.

        Parts are about equally wide; a group that is wider by itself is one part.
        """
        ends = [0, *accumulate(self.widths)]
        for count in range(1, len({column.group for column in self.columns}) + 1):
            edges = self._edges(ends, count)
            if max(ends[end] - ends[first] for first, end in pairwise(edges)) <= most:
                break
        return [self._part(range(first, end)) for first, end in pairwise(edges)]

    def _edges(self, ends: list[int], count: int) -> list[int]:
        """First columns of ``count`` parts, and the number of columns."""
        edges, last = [0], len(self.columns)
        for i in range(1, last + 1):
            is_end = i == last or self.columns[i - 1].group != self.columns[i].group
            if is_end and (i == last or ends[i] >= ends[-1] * len(edges) / count):
                edges.append(i)
        return edges

    def _part(self, places: Collection[int]) -> Table:
        columns = tuple(self.columns[i] for i in places)

        def part(line: Line) -> Line:
            starts = accumulate((cell.width for cell in line.cells), initial=0)
            own = (cell for cell, start in zip(line.cells, starts, strict=False) if start in places)
            return replace(line, cells=tuple(own))

        blocks = tuple(tuple(map(part, block)) for block in self.blocks)
        return replace(self, columns=columns, blocks=blocks)

    @property
    def parts(self) -> list[tuple[str, Table]]:
        """The parts of ``apart``, each with its heading, and without lines that have nothing under it."""
        return [(name, self._under(name)) for name in self.apart] or [("", self)]

    def _under(self, name: str) -> Table:
        tops = [column.headings[0] for column in self.columns]
        own = [i for i, top in enumerate(tops) if top == name]
        part = self._part([i for i, top in enumerate(tops) if i in own or top not in self.apart])
        columns = tuple(replace(column, headings=column.headings[1:]) for column in part.columns)
        blocks = (
            tuple(line for line in block if any(cell.plain for cell in line.cells[: len(own)]))
            for block in part.blocks
        )
        return replace(part, columns=columns, blocks=tuple(block for block in blocks if block), apart=())


@dataclass(frozen=True)
class Page:
    """Tables that are read together, with what stands above them; ``empty`` is said where there is none."""

    title: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    empty: str = ""


def page_of(table: Table) -> Page:
    """Return the page of a single table."""
    return Page(table.title, (table,))


def listed(
    name: str,
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str | Cell]],
    names: int = 1,
    prose: Collection[str] = (),
    notes: tuple[str, ...] = (),
) -> Table:
    """Return a table of texts, with ``name`` for its id: headings, and as many texts or cells per line.

    ``names`` counts the first columns, which name a line; ``prose`` are headings of columns that have words.
    """
    kinds = [TEXT if text in prose else VALUE for text in header]
    blocks = []
    for row in rows:
        values = zip(row[names:], kinds[names:], strict=True)
        cells = (value if isinstance(value, Cell) else Cell(kind, value) for value, kind in values)
        blocks.append((Line(tuple(map(str, row[:names])), tuple(cells)),))
    columns = tuple(Column((text,), text, prose=text in prose) for text in header[names:])
    return Table(name, title, tuple(header[:names]), columns, tuple(blocks), notes, bold=False)
