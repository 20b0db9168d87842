"""Writes a figure: the same bytes for the same figure, and all or nothing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import BinaryIO

from matplotlib.figure import Figure

from specar.base.files import atomic_path
from specar.figures.style import DPI

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


def save(figure: Figure, path: Path, title: str, alt: str | None = None) -> None:
    """Write ``figure`` in the format that the name of ``path`` ends in, atomically.

    ``title`` and ``alt``, which says what the figure shows, go into the file's metadata.

    Raises
    ------
    SpecarError
        The folder cannot be written to or the disk is full.
    """
    with atomic_path(path) as temporary:
        write_to(temporary, figure, path.suffix.removeprefix("."), title, alt)


def write_to(
    target: Path | BinaryIO, figure: Figure, suffix: str, title: str, alt: str | None = None
) -> None:
    """Write ``figure`` to a file or stream as ``pdf``, ``svg`` or ``png``."""
    metadata = {"Title": title, **dict.fromkeys(_LEFT_OUT[suffix])}
    if alt is not None:
        metadata[_DESCRIPTION[suffix]] = alt
    figure.savefig(target, format=suffix, dpi=DPI, metadata=metadata)
