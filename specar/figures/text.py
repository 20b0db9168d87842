"""Text of a known width: nothing has to be drawn to know how much room it takes."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties, findfont, get_font

_FINE = 10  # pixels in a point: coarser ones would round every letter
_LETTER = 0.52  # mean width of a letter, in units of the size


def width_of(text: str, size: float) -> float:
    """Return the width of ``text`` in points, in the font of the figures at ``size`` points."""
    font = get_font(findfont(FontProperties(family=rcParams["font.family"])))
    font.set_size(size, 72 * _FINE)
    font.set_text(text)
    return font.get_width_height()[0] / 64 / _FINE  # it is in 64ths of a pixel


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Return ``text`` in lines of at most ``width`` points; a longer word has a line of its own."""
    lines, words = [], text.split()
    while words:
        number = _fitting(words, size, width)
        lines.append(" ".join(words[:number]))
        words = words[number:]
    return lines


def _fitting(words: list[str], size: float, width: float) -> int:
    """How many of the words fit into a line, at least one: from a guess on, since to measure takes long."""

    def fits(number: int) -> bool:
        return number <= 1 or width_of(" ".join(words[:number]), size) <= width

    letters = list(accumulate(len(word) + 1 for word in words))
    number = max(bisect_right(letters, width / (_LETTER * size)), 1)
    if fits(number):
        while number < len(words) and fits(number + 1):
            number += 1
        return number
    while not fits(number):
        number -= 1
    return number
