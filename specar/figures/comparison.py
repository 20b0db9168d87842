"""Published against reproduced: the published cells of a task that have a reproduced mean."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from specar.config.tasks import TASK_INFO
from specar.figures import words
from specar.figures.legend import entry
from specar.figures.page import Page
from specar.figures.panel import SERIES, draw_panel, is_average
from specar.figures.request import Results
from specar.figures.style import series_of


def draw(results: Results) -> tuple[Figure, str]:
    """Return the figure, with one panel per metric, and its title for whoever cannot see it."""
    title, above = words.title_of(results.task), words.above(results)
    points = words.points_of(results.table)
    if points.empty:
        return Page(title, above).with_words(words.empty_text(results)), title
    has_averages = bool(is_average(results.task, points).any())
    page = Page(title, above, words.below(results, has_averages), _legend(results.task, points))
    metrics = words.cells_of(results.table)["metric"].unique()
    figure, panels = page.with_panels(len(metrics))
    panels[0].set_ylabel("reproduced")
    for axes, metric in zip(panels, metrics, strict=True):
        draw_panel(axes, results.task, str(metric), points[points["metric"] == metric])
    return figure, title


def _legend(task: str, points: pd.DataFrame) -> list[Line2D]:
    """One entry per model, without and with TOP, of which there are points."""
    has_top = TASK_INFO[task].top
    return [
        legend_entry(str(model), bool(top), has_top)
        for model, top in points[SERIES].drop_duplicates().sort_values(SERIES).to_numpy()
    ]


def legend_entry(model: str, top: bool, has_top: bool) -> Line2D:
    """Return the entry of an model, without or with TOP where a task has it."""
    look = series_of(model, top)
    with_top = f", {'with' if top else 'without'} TOP" if has_top else ""
    return entry(f"{model}{with_top}", look)
