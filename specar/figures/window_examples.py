"""Forecasts and reconstructions of test windows: an ordinary and a bad one of each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.shown import GIVEN, MADE, TRUE, choose, line, without_examples
from specar.figures.words import notes
from specar.paper.metrics import METRICS
from specar.results.ledger import Ledger

_MOST = 5
_NAMES = {0.5: "median error", 0.9: "90 % quantile"}


def _draw_forecast(axes: Axes, example: Mapping[str, Any]) -> None:
    given, true, made = (np.array(example[key], float) for key in ("input", "target", "prediction"))
    before, after = np.arange(-len(given), 0), np.arange(len(true))
    axes.axvline(-0.5, color=GIVEN, linewidth=0.6, linestyle=":")
    axes.plot(before, given, color=GIVEN, linewidth=1.0)
    axes.plot(after, true, color=TRUE, linewidth=1.0)
    axes.plot(after, made, color=MADE, linewidth=1.2, linestyle="--")


def _draw_imputation(axes: Axes, example: Mapping[str, Any]) -> None:
    true, made = (np.array(example[key], float) for key in ("target", "prediction"))
    observed, steps = np.array(example["observed"], bool), np.arange(len(true))
    axes.plot(steps, np.where(observed, true, np.nan), color=TRUE, linewidth=1.0, marker=".", markersize=3)
    for hidden in steps[~observed]:
        axes.plot([hidden, hidden], [true[hidden], made[hidden]], color=MADE, linewidth=0.6)
    axes.plot(steps[~observed], true[~observed], "o", color=TRUE, markersize=4, markerfacecolor="white")
    axes.plot(steps[~observed], made[~observed], "x", color=MADE, markersize=4)


class _Kind(NamedTuple):
    """What one of the figures shows; ``name`` is what its tasks are called where there are no examples."""

    title: str
    name: str
    tasks: tuple[str, ...]
    steps: str
    legend: Callable[[], list[Line2D]]
    draw: Callable[[Axes, Mapping[str, Any]], None]


_KINDS = {
    "forecast": _Kind(
        "Forecasts of test windows", "forecasting", ("long_term_forecast", "short_term_forecast"),
        "step, from the first that is forecast",
        lambda: [line("input", GIVEN), line("true", TRUE), line("forecast", MADE, "--")], _draw_forecast,
    ),
    "imputation": _Kind(
        "Hidden values of test windows and their reconstruction", "imputation", ("imputation",),
        "step of the window",
        lambda: [line("observed", TRUE, marker="."), line("hidden, true", TRUE, "", "o", "white"),
                 line("hidden, reconstructed", MADE, "", "x")], _draw_imputation,
    ),
}  # fmt: skip


def draw(ledger: Ledger, name: str) -> Drawing:
    """Draw a row per run, with the example of median error and the one at the 90 % quantile."""
    kind = _KINDS[name]
    choice = choose(ledger.plan, kind.tasks, _MOST)
    if not choice.shown:
        return without_examples(kind.title, ledger.plan, choice, kind.name)
    runs = enumerate(choice.shown, 1)
    said = [f"Row {i}: {one.run}{one.channel}; {one.content['how']}." for i, one in runs]
    page = Page(kind.title, [choice.counts, *notes(ledger.plan)], said, kind.legend())
    figure, panels = page.with_grid(Grid((3.0, 3.0), (1.35,) * len(choice.shown)))
    for row, one in enumerate(choice.shown):
        for axes, example in zip(panels[2 * row : 2 * row + 2], one.content["examples"], strict=True):
            kind.draw(axes, example)
            axes.yaxis.set_major_locator(MaxNLocator(4))
            metric = "smape" if "smape" in example else "mse"
            error = f"{METRICS[metric].label} {example[metric]:.3g}"
            axes.set_title(f"{one.place}, {_NAMES[example['quantile']]}: {error}")
        panels[2 * row].set_ylabel(one.content["unit"])
    for axes in panels[-2:]:
        axes.set_xlabel(kind.steps)
    return Drawing(figure, kind.title, f"{kind.title}. {' '.join(said)}")
