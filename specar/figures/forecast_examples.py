"""Forecasts of test windows with the true series: an ordinary one and a bad one of each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from specar.figures.page import Grid, Page
from specar.figures.plan_request import PaperFigure, PaperResults
from specar.figures.shown import (
    GIVEN,
    MADE,
    TRUE,
    Shown,
    choose,
    line,
    row_letters,
    without_examples,
)
from specar.paper.metrics import METRICS

_TITLE = "Forecasts of test windows"
_TASKS = ("long_term_forecast", "short_term_forecast")
_MOST = 5
NAMES = {0.5: "median error", 0.9: "90 % quantile"}


def draw(results: PaperResults) -> PaperFigure:
    """Draw a row per run, with the example of median error and the one at the 90 % quantile."""
    choice = choose(results, _TASKS, _MOST)
    if not choice.shown:
        return without_examples(_TITLE, results, choice, "forecasting")
    legend = [line("input", GIVEN), line("true", TRUE), line("forecast", MADE, "--")]
    page = Page(_TITLE, [choice.counts, *results.notes], row_letters(choice.shown), legend)
    figure, panels = page.with_grid(Grid((3.0, 3.0), (1.35,) * len(choice.shown)))
    for row, one in enumerate(choice.shown):
        for axes, example in zip(panels[2 * row : 2 * row + 2], one.content["examples"], strict=True):
            _draw_panel(axes, one, example)
        panels[2 * row].set_ylabel(one.content["unit"])
    for axes in panels[-2:]:
        axes.set_xlabel("step, from the first that is forecast")
    return PaperFigure(
        figure, _TITLE, f"{_TITLE} with the true series. {' '.join(row_letters(choice.shown))}"
    )


def title_of(one: Shown, example: Mapping[str, Any], metric: str) -> str:
    """Return the title of a panel: dataset, which example, and its error."""
    return f"{one.place}, {NAMES[example['quantile']]}: {METRICS[metric].label} {example[metric]:.3g}"


def _draw_panel(axes: Axes, one: Shown, example: Mapping[str, Any]) -> None:
    given, true, made = (np.array(example[key], float) for key in ("input", "target", "prediction"))
    before, after = np.arange(-len(given), 0), np.arange(len(true))
    axes.axvline(-0.5, color=GIVEN, linewidth=0.6, linestyle=":")
    axes.plot(before, given, color=GIVEN, linewidth=1.0)
    axes.plot(after, true, color=TRUE, linewidth=1.0)
    axes.plot(after, made, color=MADE, linewidth=1.2, linestyle="--")
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_title(title_of(one, example, "smape" if "smape" in example else "mse"))
