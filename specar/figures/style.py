"""Sizes, colours and fonts of all figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib import rc_context, rcParams, style
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from specar.config import Config

# Font sizes in points, all other sizes in inches.
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 11.0, 8.5, 7.5
LINE = 0.165  # height of a line of text
PANEL, WIDE_PANEL = 2.9, 4.0  # side of one of several panels, and of a single one
LEFT, RIGHT, TOP, BOTTOM, GAP = 0.75, 0.25, 0.15, 0.12, 0.65
MIN_WIDTH = 6.9
MARKER, SMALL_MARKER = 6.5, 4.5  # points; small ones where there are many
DPI = 200
_LARGE = 1000  # points: letters are measured once, unhinted

TEXT, FAINT, BAND, RULE = "#1a1a1a", "#595959", "#e3e6ea", "#777777"

# The defaults of matplotlib and these, whatever a user's matplotlibrc says: the same files everywhere.
_PARAMETERS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": TEXT_SIZE,
    "axes.edgecolor": RULE,
    "axes.labelcolor": TEXT,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": TEXT_SIZE + 1,
    "pdf.fonttype": 42,  # text that can be searched and copied
    "svg.hashsalt": "specar",  # ids that do not change from one call to the next
    "text.color": TEXT,
    "text.parse_math": False,  # a dollar is a dollar
    "xtick.color": FAINT,
    "xtick.labelsize": SMALL_SIZE,
    "ytick.color": FAINT,
    "ytick.labelsize": SMALL_SIZE,
}


@dataclass(frozen=True)
class Look:
    """How the points of one model, without or with TOP, look: also told apart in grey."""

    colour: str
    marker: str

    @property
    def shape(self) -> MarkerStyle:
        """The marker as matplotlib draws it: a number needs dollars to be read as mathematics."""
        with rc_context({"text.parse_math": True}):
            return MarkerStyle(self.marker)

    def marks(self, hollow: bool = False, size: float = MARKER) -> dict[str, Any]:
        """Return it as matplotlib's properties of markers, without a line."""
        return {
            "marker": self.shape, "color": self.colour, "linestyle": "",
            "markersize": 1.7 * size if self.marker.startswith("$") else size,  # a number is to be read
            "markerfacecolor": "white" if hollow else self.colour,
            "markeredgecolor": self.colour if hollow else "white",
            "markeredgewidth": 0 if self.marker.startswith("$") else 1.2 if hollow else 0.6,
        }  # fmt: skip


# Colours of Okabe and Ito, which all kinds of colour vision tell apart.
_LOOKS = {
    ("specar-released", False): Look("#0072B2", "o"),
    ("specar-released", True): Look("#D55E00", "s"),
    ("specar", False): Look("#009E73", "^"),
    ("specar", True): Look("#CC79A7", "D"),
}
_COLOURS, _MARKERS = ("#E69F00", "#56B4E9", "#7570B3", "#A6761D"), "vX<>p*h"  # numbers without common divisor
# Looks of what is not ours: other models, SpecAR-Net as printed, and the authors' log.
OTHERS, PRINTED, LOG = Look("#8a8a8a", "o"), Look("#000000", "P"), Look("#000000", "d")


def look_of(config: Config, model: str, top: bool) -> Look:
    """Return the look of a model without or with TOP: no two models of a configuration look alike."""
    further = [label for label in config.models if (label, top) not in _LOOKS]
    if (model, top) in _LOOKS:
        return _LOOKS[model, top]
    index, half = further.index(model), len(_COLOURS) * len(_MARKERS) // 2
    # Most have no TOP: the first take every colour and marker before those with TOP do.
    return further_look(len(_LOOKS) + (index + half * top if index < half else 2 * index + top))


def further_look(number: int) -> Look:
    """Return the look of that number: those of our models first, then the next of a cycle."""
    if number < len(_LOOKS):
        return list(_LOOKS.values())[number]
    number -= len(_LOOKS)
    is_new = number < len(_COLOURS) * len(_MARKERS)
    marker = _MARKERS[number % len(_MARKERS)] if is_new else f"${number}$"
    return Look(_COLOURS[number % len(_COLOURS)], marker)


def entry(label: str, look: Look, hollow: bool = False) -> Line2D:
    """Return an entry of a legend: a marker and what it stands for."""
    return Line2D([], [], label=label, **look.marks(hollow))


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw and save in the style of the figures, then return to the parameters of before."""
    with style.context([_PARAMETERS], after_reset=True):
        yield


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


def wrapped(texts: Iterable[str], size: float, width: float) -> list[str]:
    """Return ``texts`` in lines of at most ``width`` inches; a longer word has a line of its own."""
    lines: list[str] = []
    for text in texts:
        first = len(lines)
        for word in text.split():
            longer = f"{lines[-1]} {word}" if len(lines) > first else ""
            if longer and width_of(longer, size) <= 72 * width:
                lines[-1] = longer
            else:
                lines.append(word)
    return lines
