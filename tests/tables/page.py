"""Reads the tables of an HTML page as grids of text, spans filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TEXTS = {"td", "th", "h2", "li"}
VOID = {"meta", "link", "br", "hr", "img"}


@dataclass
class Grid:
    """A table: the heading above it, and its cells by row and column with the name of their element."""

    heading: str = ""
    cells: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    heads: int = 0

    def rows(self) -> list[list[str]]:
        last, width = (max(place) + 1 for place in zip(*self.cells, strict=True))
        return [[self.cells[row, column][1] for column in range(width)] for row in range(last)]


class Page(HTMLParser):
    """A parsed page; an element that is not closed, or closed twice, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.grids: list[Grid] = []
        self.items: list[str] = []
        self.references: list[str] = []
        self._open: list[str] = []
        self._row = -1
        self._span = (1, 1)
        self._text = self._heading = ""
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.references += [text or "" for name, text in attributes if name in ("src", "href")]
        if tag in VOID:
            return
        self._open.append(tag)
        if tag == "table":
            self.grids.append(Grid(self._heading))
            self._row = -1
        elif tag == "tr":
            self._row += 1
            self.grids[-1].heads += "thead" in self._open
        elif tag in ("td", "th"):
            self._span = (int(values.get("rowspan") or 1), int(values.get("colspan") or 1))
        if tag in TEXTS:
            self._text = ""

    def handle_data(self, text: str) -> None:
        self._text += text

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "h2":
            self._heading = self._text
        elif tag == "li" and self._text.strip():
            self.items.append(" ".join(self._text.split()))
        elif tag in ("td", "th"):
            self._place(tag)
        if tag in TEXTS:
            self._text = ""

    def _place(self, tag: str) -> None:
        cells, (down, right) = self.grids[-1].cells, self._span
        column = next(number for number in range(1000) if (self._row, number) not in cells)
        for row in range(down):
            for offset in range(right):
                assert (self._row + row, column + offset) not in cells
                cells[self._row + row, column + offset] = (tag, self._text.strip())
