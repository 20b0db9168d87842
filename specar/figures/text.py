"""Text of a known width: nothing has to be drawn to know how much room it takes."""

from __future__ import annotations

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties, findfont, get_font

_FINE = 10  # pixels in a point: coarser ones would round every letter


def width_of(text: str, size: float) -> float:
    """Return the width of ``text`` in points, in the font of the figures at ``size`` points."""
    font = get_font(findfont(FontProperties(family=rcParams["font.family"])))
    font.set_size(size, 72 * _FINE)
    font.set_text(text)
    return font.get_width_height()[0] / 64 / _FINE  # it is in 64ths of a pixel


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Return ``text`` in lines of at most ``width`` points; a longer word has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else ""
        if longer and width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
