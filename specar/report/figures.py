"""Figures inside the page: vectors where they are small, pixels where they are not."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from matplotlib.figure import Figure

from specar.figures.save import write_to

_LARGEST_SVG = 400_000  # bytes; above, a PNG is smaller


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it.

    Attributes
    ----------
    id
        Its id in the page.
    title, alt
        What stands below it, and what it says to whoever cannot see it.
    source
        The picture as a data URI: as a picture, so that the ids in an SVG are its own.
    width
        Its natural width in CSS pixels.
    """

    id: str
    title: str
    alt: str
    source: str
    width: int


def picture_of(figure: Figure, id: str, title: str, alt: str) -> Picture:
    """Return a figure as a picture; to be called inside `specar.figures.style.figure_style`."""
    content, kind = _bytes(figure, "svg", title), "image/svg+xml"
    if len(content) > _LARGEST_SVG:
        content, kind = _bytes(figure, "png", title), "image/png"
    text = base64.b64encode(content).decode()
    return Picture(id, title, alt, f"data:{kind};base64,{text}", round(96 * figure.get_size_inches()[0]))


def _bytes(figure: Figure, suffix: str, title: str) -> bytes:
    stream = io.BytesIO()
    write_to(stream, figure, suffix, title)
    return stream.getvalue()


def words_in(figure: Figure) -> str:
    """Return the sentences that stand in a figure outside of its panels."""
    return " ".join(" ".join(text.get_text().split()) for text in figure.texts)
