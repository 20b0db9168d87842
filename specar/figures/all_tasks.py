"""Published against reproduced over all tasks: one panel per kind of metric."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from specar.figures.comparison import legend_entry
from specar.figures.page import Grid, Page
from specar.figures.panel import SERIES, draw_points, is_average
from specar.figures.plan_request import PaperFigure, PaperResults
from specar.figures.style import GAP, LEFT, PANEL
from specar.figures.tolerance import tolerances_in_words
from specar.figures.words import PROTOCOL, cells_of, counts, error_bars
from specar.paper.metrics import METRICS
from specar.paper.sources import AVERAGE, SOURCES, source_of

_TITLE = "All tasks: published against reproduced"
_COLUMNS = [
    *("dataset", "setting", *SERIES, "metric", "published", "reproduced", "sd", "seeds", "deviation"),
    *("deviation_unit", "state", "average", "name"),
]


@dataclass(frozen=True)
class _Family:
    """Metrics of one panel: they have the same tolerance."""

    title: str
    metrics: tuple[str, ...]


_FAMILIES = (
    _Family("MSE, MAE: long-term, imputation", ("mse", "mae")),
    _Family("accuracy, anomaly detection (%)", ("accuracy", "precision", "recall", "f1")),
    _Family("sMAPE of M4", ("smape",)),
    _Family("MASE, OWA of M4", ("mase", "owa")),
)


def draw(results: PaperResults) -> PaperFigure:
    """Draw the published cells of all tasks that have a reproduced mean."""
    cells = pd.DataFrame([row for task in SOURCES for row in _rows(results, task)], columns=_COLUMNS)
    points = cells[cells["reproduced"].notna()]
    above = [f"Protocol: {PROTOCOL}, which is how the paper measures.", *results.notes, *_states(cells)]
    if points.empty:
        return PaperFigure(_empty(above, cells), _TITLE, "Nothing is reproduced yet, so nothing is drawn.")
    looks = points[SERIES].drop_duplicates().sort_values(SERIES).to_numpy()
    legend = [legend_entry(str(name), bool(top), True) for name, top in looks]
    families = [one for one in _FAMILIES if points["metric"].isin(one.metrics).any()]
    if absent := [one.title for one in _FAMILIES if one not in families]:
        above.append(f"Nothing reproduced yet, so no panel: {'; '.join(absent)}.")
    page = Page(_TITLE, above, _below(results, points), legend)
    columns = 1 if len(families) == 1 else 2
    rows = -(-len(families) // columns)
    figure, panels = page.with_grid(Grid((PANEL,) * columns, (PANEL,) * rows, LEFT, GAP + 0.2))
    for spare in panels[len(families) :]:
        spare.remove()
    for axes, family in zip(panels, families, strict=False):
        axes.set_title(family.title)
        axes.set_ylabel("reproduced")
        draw_points(axes, family.metrics[0], points[points["metric"].isin(family.metrics)])
    return PaperFigure(figure, _TITLE, _alt(points, len(cells)))


def _rows(results: PaperResults, task: str) -> list[dict[Hashable, Any]]:
    table = cells_of(results.of(task).table)
    names = [_name(task, *cell) for cell in table[["dataset", "setting", "metric"]].astype(str).to_numpy()]
    named = table.assign(average=is_average(task, table), name=names)
    return named[_COLUMNS].to_dict("records")


def _name(task: str, dataset: str, setting: str, metric: str) -> str:
    shown = "average" if dataset == AVERAGE else dataset.removeprefix(source_of(task).prefix)
    alone = metric in ("smape", "accuracy")
    return " ".join(word for word in (shown, setting, "" if alone else METRICS[metric].label) if word)


def _states(cells: pd.DataFrame) -> list[str]:
    return [f"Model {name}: {counts(rows)}." for name, rows in cells.groupby("model", sort=False)]


def _empty(above: list[str], cells: pd.DataFrame) -> Figure:
    text = (
        "Nothing to compare: this configuration has no runs under the protocol of the paper."
        if cells.empty
        else "Nothing to compare yet: none of the results that the paper prints is reproduced so far."
    )
    return Page(_TITLE, above).with_words(text)


def _below(results: PaperResults, points: pd.DataFrame) -> list[str]:
    signs = [
        "Line: reproduced equals published.",
        f"Shaded: within {tolerances_in_words(points['metric'].unique())} of published.",
        error_bars(points["seeds"]),
        *(["Hollow: averages."] if points["average"].any() else []),
        "Named: points that lie farthest off.",
    ]
    shown = set(points["dataset"])
    remarks = [f"{name}: {text}." for name, text in _remarks(results).items() if name in shown]
    return [" ".join(signs), *remarks]


def _remarks(results: PaperResults) -> dict[str, str]:
    return {name: " ".join(text.split()).rstrip(".") for name, text in results.plan.remarks.items()}


def _alt(points: pd.DataFrame, total: int) -> str:
    percent = points[points["deviation_unit"] == "percent"]["deviation"].abs()
    middle = f"; the median deviation of errors is {percent.median():.1f} %" if len(percent) else ""
    return f"Scatter plots of published against reproduced results, {len(points)} of {total} cells{middle}."
