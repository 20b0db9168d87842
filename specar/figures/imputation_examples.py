"""Test windows with hidden values, and what is put in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from specar.figures.forecast_examples import title_of
from specar.figures.page import Grid, Page
from specar.figures.plan_request import PaperFigure, PaperResults
from specar.figures.shown import MADE, TRUE, choose, line, row_letters, without_examples

_TITLE = "Hidden values of test windows and their reconstruction"
_MOST = 5


def draw(results: PaperResults) -> PaperFigure:
    """Draw a row per run, with the example of median error and the one at the 90 % quantile."""
    choice = choose(results, ["imputation"], _MOST)
    if not choice.shown:
        return without_examples(_TITLE, results, choice, "imputation")
    legend = [
        line("observed", TRUE, marker="."),
        line("hidden, true", TRUE, "", "o"),
        line("hidden, reconstructed", MADE, "", "x"),
    ]
    legend[1].set_markerfacecolor("white")
    page = Page(_TITLE, [choice.counts, *results.notes], row_letters(choice.shown), legend)
    figure, panels = page.with_grid(Grid((3.0, 3.0), (1.35,) * len(choice.shown)))
    for row, one in enumerate(choice.shown):
        for axes, example in zip(panels[2 * row : 2 * row + 2], one.content["examples"], strict=True):
            _draw_panel(axes, example)
            axes.set_title(title_of(one, example, "mse"))
        panels[2 * row].set_ylabel(one.content["unit"])
    for axes in panels[-2:]:
        axes.set_xlabel("step of the window")
    return PaperFigure(figure, _TITLE, f"{_TITLE}. {' '.join(row_letters(choice.shown))}")


def _draw_panel(axes: Axes, example: Mapping[str, Any]) -> None:
    true, made = (np.array(example[key], float) for key in ("target", "prediction"))
    observed = np.array(example["observed"], bool)
    steps = np.arange(len(true))
    seen = np.where(observed, true, np.nan)
    axes.plot(steps, seen, color=TRUE, linewidth=1.0, marker=".", markersize=3)
    for hidden in steps[~observed]:
        axes.plot([hidden, hidden], [true[hidden], made[hidden]], color=MADE, linewidth=0.6)
    axes.plot(steps[~observed], true[~observed], "o", color=TRUE, markersize=4, markerfacecolor="white")
    axes.plot(steps[~observed], made[~observed], "x", color=MADE, markersize=4)
    axes.yaxis.set_major_locator(MaxNLocator(4))
