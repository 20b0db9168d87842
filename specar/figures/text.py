"""Text of a known width: nothing has to be drawn to know how much room it takes."""

from __future__ import annotations

from functools import cache

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags

_LARGE = 1000  # points: letters are measured once, unhinted


def width_of(text: str, size: float) -> float:
    """Return the width of ``text`` in points, in the font of the figures at ``size`` points.

    Letters count as they are alone: pairs that stand closer make the text a little narrower.
    """
    family = tuple(rcParams["font.family"])
    return sum(_width_of_letter(letter, family) for letter in text) * size / _LARGE


@cache
def _width_of_letter(letter: str, family: tuple[str, ...]) -> float:
    font = get_font(findfont(FontProperties(family=list(family))))
    font.set_size(_LARGE, 72)
    return font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536


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
