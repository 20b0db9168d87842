"""A figure with what is said of it: drawn by name, and the same bytes for the same figure."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NamedTuple

from matplotlib.figure import Figure

from specar.base.files import atomic_path
from specar.figures.style import DPI, figure_style
from specar.results.ledger import Ledger

# None leaves out what matplotlib would write: the date, and its version.
_LEFT_OUT = {
    "pdf": ("CreationDate", "Creator", "Producer"),
    "svg": ("Date", "Creator"),
    "png": ("Software",),
}
# What the formats call what is said of a figure.
_DESCRIPTION = {"pdf": "Subject", "svg": "Description", "png": "Description"}

# It tells of every glyph that it puts into a PDF.
logging.getLogger("fontTools").setLevel(logging.WARNING)


class Drawing(NamedTuple):
    """A figure, its title, and in ``alt`` what it shows and lacks, for whoever cannot see it."""

    figure: Figure
    title: str
    alt: str

    def save(self, path: Path) -> None:
        """Write the figure in the format that the name of ``path`` ends in, atomically.

        Raises
        ------
        SpecarError
            The folder cannot be written to or the disk is full.
        """
        with atomic_path(path) as temporary:
            self.write(temporary, path.suffix.removeprefix("."))

    def write(self, target: Path | BinaryIO, suffix: str) -> None:
        """Write the figure to a file or stream as ``pdf``, ``svg`` or ``png``; its metadata has the words."""
        words = {"Title": self.title, _DESCRIPTION[suffix]: self.alt}
        with figure_style():
            self.figure.savefig(
                target, format=suffix, dpi=DPI, metadata={**words, **dict.fromkeys(_LEFT_OUT[suffix])}
            )


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
