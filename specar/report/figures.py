"""Figures inside the page: vectors where they are small, pixels where they are not."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from PIL import Image

from specar.figures.drawing import Drawing
from specar.report.section import Entry

_LARGEST_SVG = 400_000  # bytes; above, a PNG is smaller


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it.

    ``source`` is the picture as a data URI: as a picture, so that the ids in an SVG are its own. ``width`` is
    its natural one in CSS pixels.
    """

    id: str
    title: str
    alt: str
    source: str
    width: int

    @property
    def entry(self) -> Entry:
        """Its line of the contents."""
        return Entry(self.id, self.title)


def picture_of(drawn: Drawing, id: str) -> Picture:
    """Return a figure as a picture."""
    content, kind = _bytes(drawn, "svg"), "image/svg+xml"
    if len(content) > _LARGEST_SVG:
        content, kind = _with_few_colours(_bytes(drawn, "png")), "image/png"
    text, width = base64.b64encode(content).decode(), round(96 * drawn.figure.get_size_inches()[0])
    return Picture(id, drawn.title, drawn.alt, f"data:{kind};base64,{text}", width)


def _with_few_colours(png: bytes) -> bytes:
    """The same picture at a third of the bytes: a figure has few colours."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(128).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _bytes(drawn: Drawing, suffix: str) -> bytes:
    stream = io.BytesIO()
    drawn.write(stream, suffix)
    return stream.getvalue()
