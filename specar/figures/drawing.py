"""A figure: the page that it is drawn on, and what is said of it; the same bytes for the same figure."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from specar.base.files import atomic_path
from specar.figures.style import (
    BOTTOM,
    DPI,
    FAINT,
    GAP,
    LEFT,
    LINE,
    MIN_WIDTH,
    RIGHT,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    TOP,
    figure_style,
    width_of,
    wrapped,
)
from specar.results.ledger import Ledger

_LEGEND_COLUMNS = 4
_AXIS = 0.5  # inches below a panel for its numbers and its name
_HEAD = 0.32  # inches above a panel for its title
# What the formats call what is said of a figure, and what matplotlib would write of itself and the date.
_DESCRIPTION = {"pdf": "Subject", "svg": "Description", "png": "Description"}
_LEFT_OUT = {"pdf": ("CreationDate", "Creator", "Producer"), "svg": ("Date", "Creator"), "png": ("Software",)}

# It tells of every glyph that it puts into a PDF.
logging.getLogger("fontTools").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Grid:
    """Sizes of panels in inches, from the upper left, and room before the first and each further column."""

    widths: tuple[float, ...]
    heights: tuple[float, ...]
    left: float = LEFT
    gap: float = GAP

    @property
    def row(self) -> float:
        """Width of a row, without the room to the left of it."""
        return sum(self.widths) + (len(self.widths) - 1) * self.gap

    @property
    def column(self) -> float:
        """Height of a column, with the names of the axes and the titles between its panels."""
        return sum(self.heights) + (len(self.heights) - 1) * (_AXIS + _HEAD)

    def boxes(self) -> Iterator[tuple[float, float, float, float]]:
        """Yield left, bottom, width and height of every panel, from the lower left of the grid."""
        y = self.column
        for height in self.heights:
            x = 0.0
            for width in self.widths:
                yield x, y - height, width, height
                x += width + self.gap
            y -= height + _AXIS + _HEAD


@dataclass(frozen=True)
class Page:
    """What stands around the panels of a figure, which is as large as that needs.

    The first text of ``above`` is below the title where it fits on a line; all others are below the panels.
    """

    title: str
    above: list[str]
    below: list[str] = field(default_factory=list)
    legend: list[Line2D] = field(default_factory=list)

    def with_grid(self, grid: Grid) -> tuple[Figure, list[Axes]]:
        """Return the figure with the empty panels of ``grid``, row by row from the upper left."""
        width = max(MIN_WIDTH, grid.left + grid.row + RIGHT)
        above, moved = wrapped(self.above[:1], TEXT_SIZE, width - 2 * RIGHT), self.above[1:]
        if len(above) > 1:
            above, moved = [], self.above
        below = wrapped([*self.below, *moved], SMALL_SIZE, width - 2 * RIGHT)
        rows = -(-len(self.legend) // self._columns(width))
        foot = BOTTOM + (len(below) + 1.6 * rows) * LINE + _AXIS
        height = foot + grid.column + _head_height(above) + _HEAD
        figure = Figure(figsize=(width, height), dpi=DPI)
        self._write_head(figure, above)
        self._write_foot(figure, below)
        left = grid.left + (width - grid.left - RIGHT - grid.row) / 2
        return figure, [
            figure.add_axes(((left + x) / width, (foot + y) / height, w / width, h / height))
            for x, y, w, h in grid.boxes()
        ]

    def with_words(self, text: str) -> Figure:
        """Return the figure with ``text`` in place of panels, and without a foot."""
        width = MIN_WIDTH
        above = wrapped(self.above, TEXT_SIZE, width - 2 * RIGHT)
        lines = wrapped([text], TEXT_SIZE + 1, width - 1 - 2 * RIGHT)
        middle = (2 + len(lines)) * LINE
        height = _head_height(above) + middle + BOTTOM
        figure = Figure(figsize=(width, height), dpi=DPI)
        self._write_head(figure, above)
        y = (BOTTOM + middle / 2) / height
        figure.text(0.5, y, "\n".join(lines), ha="center", va="center", fontsize=TEXT_SIZE + 1)
        return figure

    def _columns(self, width: float) -> int:
        """Number of columns of the legend, which entries fill one after the other: as many as fit."""
        sizes = [width_of(str(line.get_label()), TEXT_SIZE) / TEXT_SIZE for line in self.legend]
        room = 72 * (width - RIGHT) / TEXT_SIZE - 1  # in sizes of the font, as are the lengths of a legend
        for columns in range(_LEGEND_COLUMNS, 1, -1):
            parts = [max(part) + 2.2 for part in np.array_split(sizes, columns) if len(part)]
            if sum(parts) + 1.2 * (columns - 1) <= room:
                return columns
        return 1

    def _write_head(self, figure: Figure, above: list[str]) -> None:
        width, height = figure.get_size_inches()
        left, y = RIGHT / width, height - TOP
        figure.text(left, y / height, self.title, fontsize=TITLE_SIZE, fontweight="bold", va="top")
        for i, line in enumerate(above):
            figure.text(left, (y - (1.5 + i) * LINE) / height, line, color=FAINT, va="top")

    def _write_foot(self, figure: Figure, below: list[str]) -> None:
        width, height = figure.get_size_inches()
        for i, line in enumerate(below):
            y = (BOTTOM + (len(below) - 1 - i) * LINE) / height
            figure.text(RIGHT / width, y, line, color=FAINT, fontsize=SMALL_SIZE, va="bottom")
        figure.legend(
            handles=self.legend, loc="lower center", ncols=self._columns(width), frameon=False,
            bbox_to_anchor=(0.5, (BOTTOM + len(below) * LINE) / height),
            handletextpad=0.2, columnspacing=1.2, borderaxespad=0.2,
        )  # fmt: skip


def _head_height(above: list[str]) -> float:
    return TOP + (1.5 + len(above)) * LINE


class Drawing(NamedTuple):
    """A figure, its title, and in ``alt`` what it shows and lacks, for whoever cannot see it."""

    figure: Figure
    title: str
    alt: str

    @property
    def is_words(self) -> bool:
        """Whether there is nothing to draw, so that it only says why: see `Page.with_words`."""
        return not self.figure.axes

    def save(self, path: Path) -> None:
        """Write the figure in the format that the name of ``path`` ends in, atomically.

        `SpecarError`: the folder cannot be written to or the disk is full.
        """
        with atomic_path(path) as temporary:
            self.write(temporary, path.suffix.removeprefix("."))

    def write(self, target: Path | BinaryIO, suffix: str) -> None:
        """Write the figure to a file or stream as ``pdf``, ``svg`` or ``png``; its metadata has the words."""
        words = {"Title": self.title, _DESCRIPTION[suffix]: self.alt, **dict.fromkeys(_LEFT_OUT[suffix])}
        with figure_style():
            self.figure.savefig(target, format=suffix, dpi=DPI, metadata=words)


def drawings(
    ledger: Ledger, figures: Mapping[str, Sequence[str]], *arguments: str
) -> Iterator[tuple[str, Drawing]]:
    """Draw figures: ``figures`` names each with its module and the arguments of that one's ``draw``.

    ``arguments`` are further ones for all of them.
    """
    for name, (module, *given) in figures.items():
        with figure_style():
            drawn: Drawing = import_module(module).draw(ledger, *given, *arguments)
        yield name, drawn
