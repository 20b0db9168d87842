"""Sizes, colours and fonts of all figures."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from matplotlib import style

# Font sizes in points, all other sizes in inches.
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 11.0, 8.5, 7.5
LINE = 0.165  # height of a line of text
PANEL, WIDE_PANEL = 2.9, 4.0  # side of one of several panels, and of a single one
LEFT, RIGHT, TOP, BOTTOM, GAP = 0.75, 0.25, 0.15, 0.12, 0.65
MIN_WIDTH = 6.9
MARKER, SMALL_MARKER = 6.5, 4.5  # points; small ones where there are many
DPI = 200

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
class Series:
    """How the points of one model, without or with TOP, look: also told apart in grey."""

    colour: str
    marker: str


# Colours of Okabe and Ito, which all kinds of colour vision tell apart.
_SERIES = {
    ("specar-released", False): Series("#0072B2", "o"),
    ("specar-released", True): Series("#D55E00", "s"),
    ("specar", False): Series("#009E73", "^"),
    ("specar", True): Series("#CC79A7", "D"),
}
# Of every other model, by its label.
_FURTHER = [
    Series(colour, marker) for marker in "vX<>p" for colour in ("#56B4E9", "#E69F00", "#7570B3", "#A6761D")
]
# Looks of what is not ours: other models, SpecAR-Net as printed, and the authors' log.
OTHERS, PRINTED, LOG = Series("#8a8a8a", "o"), Series("#000000", "P"), Series("#000000", "d")


def series_of(model: str, top: bool) -> Series:
    """Return the look of an model without or with TOP."""
    index = zlib.crc32(f"{model} {top}".encode()) % len(_FURTHER)
    return _SERIES.get((model, top), _FURTHER[index])


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw and save in the style of the figures, then return to the parameters of before."""
    with style.context([_PARAMETERS], after_reset=True):
        yield
