"""A dot plot: one line per name, sorted, with the value beside each dot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from specar.figures.style import BAND, DPI, RULE, SMALL_SIZE, TEXT, Look, width_of

LINE = 0.19  # inches per line
_MARGIN = 0.05  # of the axis, before the lowest dot
_SPACE = 6.0  # points between a dot and its value


@dataclass(frozen=True)
class Dot:
    """A line of the plot: ``sd`` is half of the error bar, None for none; ``stressed`` lines stand out."""

    name: str
    value: float
    look: Look
    sd: float | None = None
    hollow: bool = False
    stressed: bool = False

    @property
    def end(self) -> float:
        """Right end of the error bar."""
        return self.value + (self.sd or 0.0)


def draw_dots(axes: Axes, dots: Sequence[Dot], decimals: int) -> None:
    """Draw the dots, the highest value in the uppermost line."""
    lines = sorted(dots, key=lambda dot: dot.value)
    texts = [_value_text(dot, decimals) for dot in lines]
    _set_limits(axes, lines, texts)
    for y, (dot, text) in enumerate(zip(lines, texts, strict=True)):
        axes.axhline(y, color=BAND, linewidth=2.5 if dot.stressed else 0.8, zorder=0)
        sd = None if dot.sd is None else [dot.sd]
        axes.errorbar(
            [dot.value], [y], xerr=sd, **dot.look.marks(dot.hollow), ecolor=RULE, capsize=2, zorder=3
        )
        axes.annotate(
            text, (dot.end, y), xytext=(_SPACE, 0), textcoords="offset points", va="center",
            fontsize=SMALL_SIZE, color=TEXT, fontweight="bold" if dot.stressed else "normal",
        )  # fmt: skip
    axes.set_yticks(range(len(lines)), [dot.name for dot in lines])
    for label, dot in zip(axes.get_yticklabels(), lines, strict=True):
        label.set_color(TEXT)
        label.set_fontweight("bold" if dot.stressed else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _value_text(dot: Dot, decimals: int) -> str:
    sd = "" if dot.sd is None else f" ± {dot.sd:.{decimals}f}"
    return f"{dot.value:.{decimals}f}{sd}"


def _set_limits(axes: Axes, lines: Sequence[Dot], texts: Sequence[str]) -> None:
    """Leave room on the right for the longest value beside the highest dot."""
    low, high = min(dot.value - (dot.sd or 0.0) for dot in lines), max(dot.end for dot in lines)
    size = axes.get_window_extent().width / DPI * 72  # in points
    text = (_SPACE + 1.15 * max(width_of(text, SMALL_SIZE) for text in texts)) / size
    room = ((high - low) or 1.0) / (1 - _MARGIN - text)
    axes.set_xlim(low - _MARGIN * room, high + text * room)
    axes.set_ylim(-0.7, len(lines) - 0.3)
