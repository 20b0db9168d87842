"""A figure's page: sentences above, panels in a row or words in their place, legend and notes below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from specar.figures import style
from specar.figures.text import width_of, wrapped

_LEGEND_COLUMNS = 4
_AXIS = 0.5  # inches below a panel for its numbers and its name
_HEAD = 0.32  # inches above a panel for its title


@dataclass(frozen=True)
class Grid:
    """Sizes of panels in inches, from the upper left, and room before the first and each further column."""

    widths: tuple[float, ...]
    heights: tuple[float, ...]
    left: float = style.LEFT
    gap: float = style.GAP

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
    """What stands around the panels of a figure, which is as large as that needs."""

    title: str
    above: list[str]
    below: list[str] = field(default_factory=list)
    legend: list[Line2D] = field(default_factory=list)

    def with_grid(self, grid: Grid) -> tuple[Figure, list[Axes]]:
        """Return the figure with the empty panels of ``grid``, row by row from the upper left."""
        width = max(style.MIN_WIDTH, grid.left + grid.row + style.RIGHT)
        above = _wrapped(self.above, style.TEXT_SIZE, width)
        below = _wrapped(self.below, style.SMALL_SIZE, width)
        rows = -(-len(self.legend) // self._columns(width))
        foot = style.BOTTOM + (len(below) + 1.6 * rows) * style.LINE + _AXIS
        height = foot + grid.column + _head_height(above) + _HEAD
        figure = Figure(figsize=(width, height), dpi=style.DPI)
        self._write_head(figure, above)
        self._write_foot(figure, below)
        left = grid.left + (width - grid.left - style.RIGHT - grid.row) / 2
        boxes = [(left + x, foot + y, w, h) for x, y, w, h in grid.boxes()]
        shares = [(x / width, y / height, w / width, h / height) for x, y, w, h in boxes]
        return figure, [figure.add_axes(share) for share in shares]

    def with_words(self, text: str) -> Figure:
        """Return the figure with ``text`` in place of panels, and without a foot."""
        width = style.MIN_WIDTH
        above = _wrapped(self.above, style.TEXT_SIZE, width)
        lines = _wrapped([text], style.TEXT_SIZE + 1, width - 1)
        middle = (2 + len(lines)) * style.LINE
        height = _head_height(above) + middle + style.BOTTOM
        figure = Figure(figsize=(width, height), dpi=style.DPI)
        self._write_head(figure, above)
        y = (style.BOTTOM + middle / 2) / height
        figure.text(0.5, y, "\n".join(lines), ha="center", va="center", fontsize=style.TEXT_SIZE + 1)
        return figure

    def _columns(self, width: float) -> int:
        """Number of columns of the legend, which entries fill one after the other: as many as fit."""
        sizes = [width_of(str(line.get_label()), style.TEXT_SIZE) / style.TEXT_SIZE for line in self.legend]
        room = (
            72 * (width - style.RIGHT) / style.TEXT_SIZE - 1
        )  # in sizes of the font, as are the lengths of a legend
        for columns in range(_LEGEND_COLUMNS, 1, -1):
            parts = [max(part) + 2.2 for part in np.array_split(sizes, columns) if len(part)]
            if sum(parts) + 1.2 * (columns - 1) <= room:
                return columns
        return 1

    def _write_head(self, figure: Figure, above: list[str]) -> None:
        width, height = figure.get_size_inches()
        left, y = style.RIGHT / width, height - style.TOP
        figure.text(left, y / height, self.title, fontsize=style.TITLE_SIZE, fontweight="bold", va="top")
        for i, line in enumerate(above):
            figure.text(left, (y - (1.5 + i) * style.LINE) / height, line, color=style.FAINT, va="top")

    def _write_foot(self, figure: Figure, below: list[str]) -> None:
        width, height = figure.get_size_inches()
        for i, line in enumerate(below):
            y = (style.BOTTOM + (len(below) - 1 - i) * style.LINE) / height
            figure.text(
                style.RIGHT / width, y, line, color=style.FAINT, fontsize=style.SMALL_SIZE, va="bottom"
            )
        figure.legend(
            handles=self.legend, loc="lower center", ncols=self._columns(width), frameon=False,
            bbox_to_anchor=(0.5, (style.BOTTOM + len(below) * style.LINE) / height),
            handletextpad=0.2, columnspacing=1.2, borderaxespad=0.2,
        )  # fmt: skip


def _wrapped(sentences: list[str], size: float, width: float) -> list[str]:
    """Lines for a figure of ``width`` inches."""
    room = 72 * (width - 2 * style.RIGHT)
    return [line for sentence in sentences for line in wrapped(sentence, size, room)]


def _head_height(above: list[str]) -> float:
    return style.TOP + (1.5 + len(above)) * style.LINE
