"""A stretch of test series with the anomaly score of its rows, the threshold and the true segments."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.shown import (
    GIVEN,
    MADE,
    TRUE,
    Shown,
    choose,
    format_logarithmic,
    line,
    without_examples,
)
from specar.figures.words import notes
from specar.results.ledger import Ledger

_TITLE = "Anomaly scores on the test series"
_MOST = 3
_SEGMENT = "#cfe3f1"


def draw(ledger: Ledger) -> Drawing:
    """Draw two panels per run: the series, and below it the score with the threshold."""
    choice = choose(ledger.plan, ["anomaly_detection"], _MOST)
    if not choice.shown:
        return without_examples(_TITLE, ledger.plan, choice, "anomaly detection")
    said = [_words(number, one) for number, one in enumerate(choice.shown, 1)]
    page = Page(_TITLE, [choice.counts, *notes(ledger.plan)], said, _legend())
    figure, panels = page.with_grid(Grid((6.0,), (2.1,) * len(choice.shown)))
    for axes, one in zip(panels, choice.shown, strict=True):
        _draw_run(*_split(figure, axes), one)
    panels[-1].set_xlabel("row of the test series")
    return Drawing(figure, _TITLE, f"{_TITLE}, with threshold and true segments. {' '.join(said)}")


def _words(number: int, one: Shown) -> str:
    (example,) = one.content["examples"]
    return (
        f"{number}. {one.run}{one.channel}; {one.content['how']}: rows {example['segment'][0]} to "
        f"{example['segment'][1] - 1}. A row's score is the mean over {example['scores_of']} that "
        "hold it, and over all channels."
    )


def _legend() -> list[Line2D]:
    segment: Any = Patch(color=_SEGMENT, label=" true anomaly")
    above, threshold = line("score above the threshold", MADE, "", "."), line("threshold", GIVEN, "--")
    return [segment, line("score", TRUE), above, threshold]


def _split(figure: Figure, axes: Axes) -> tuple[Axes, Axes]:
    """Turn a panel into two, one above the other."""
    box = axes.get_position()
    axes.set_position((box.x0, box.y0, box.width, 0.55 * box.height))
    upper = figure.add_axes((box.x0, box.y0 + 0.62 * box.height, box.width, 0.38 * box.height))
    upper.tick_params(labelbottom=False)
    return upper, axes


def _draw_run(series: Axes, scores: Axes, one: Shown) -> None:
    (example,) = one.content["examples"]
    values = np.array(example["input"], float)
    rows = example["first_row"] + np.arange(len(values))
    for axes in (series, scores):
        for start, end in example["segments"]:
            low, high = max(start, rows[0]) - 0.5, min(end, rows[-1] + 1) - 0.5
            axes.axvspan(low, high, facecolor=_SEGMENT, edgecolor=_SEGMENT, linewidth=0.8, zorder=0)
        axes.set_xlim(rows[0] - 0.5, rows[-1] + 0.5)
    series.plot(rows, values, color=TRUE, linewidth=0.7)
    series.set_title(f"{one.place}{one.channel} ({one.content['unit']})")
    series.yaxis.set_major_locator(MaxNLocator(3))
    series.set_ylabel("value")
    _draw_scores(scores, rows, np.array(example["scores"], float), example["threshold"])


def _draw_scores(axes: Axes, rows: Any, scores: Any, threshold: float) -> None:
    axes.set_yscale("log")
    axes.plot(rows, scores, color=TRUE, linewidth=0.7)
    above = scores > threshold
    axes.plot(rows[above], scores[above], ".", color=MADE, markersize=3)
    axes.axhline(threshold, color=GIVEN, linewidth=1.2, linestyle="--")
    format_logarithmic(axes.yaxis)
    axes.set_ylabel("score")
