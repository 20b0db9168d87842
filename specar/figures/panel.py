"""One panel: published against reproduced in one metric."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from specar.figures.labels import Labels
from specar.figures.style import BAND, FAINT, MARKER, RULE, SMALL_MARKER, series_of
from specar.figures.tolerance import tolerance_of
from specar.paper.metrics import METRICS
from specar.paper.sources import AVERAGE, source_of

SERIES = ["model", "top"]
_FAR, _NAMED = 16, 6  # names are tried at so many points, and written at so many at most
_MANY = 40
_LOG_FROM = 10.0  # ratio of the largest to the smallest value
_MARGIN = 0.07  # of an axis, on either side


def draw_panel(axes: Axes, task: str, metric: str, points: pd.DataFrame) -> None:
    """Draw the rows of the tidy table in ``points``, all of one metric."""
    axes.set_title(METRICS[metric].label + (" (%)" if METRICS[metric].percent else ""))
    named = [_name(task, *cell) for cell in points[["dataset", "setting"]].astype(str).to_numpy()]
    draw_points(axes, metric, points.assign(average=is_average(task, points), name=named))


def draw_points(axes: Axes, metric: str, points: pd.DataFrame) -> None:
    """Draw rows of tidy tables that have ``average``, whether they are one, and the ``name`` of the point.

    ``metric`` says how wide the band is.
    """
    axes.set_xlabel("published")
    if points.empty:
        _say_empty(axes)
        return
    low, high = _limits(axes, metric, points)
    _draw_band(axes, metric, low, high)
    size = MARKER if len(points) <= _MANY else SMALL_MARKER
    for key, rows in points.groupby(["average", *SERIES]):
        hollow, model, top = bool(key[0]), str(key[1]), bool(key[2])
        _draw_series(axes, rows, model, top, hollow, size)
    order = points["deviation"].abs().sort_values(ascending=False, kind="stable")
    far = points.loc[order.index[:_FAR]]
    places = far[["published", "reproduced"]].to_numpy(float)
    named = [(x, y, name) for (x, y), name in zip(places, far["name"].astype(str), strict=True)]
    Labels(axes, _bars(points), size).write(named, _NAMED)


def is_average(task: str, points: pd.DataFrame) -> pd.Series:
    """Return which rows of a tidy table are averages, over settings or over datasets."""
    over_datasets = points["dataset"].isin(list(source_of(task).aggregates))
    return ((points["setting"] == AVERAGE) | over_datasets).rename("average")


def _name(task: str, dataset: str, setting: str) -> str:
    shown = "average" if dataset == AVERAGE else dataset.removeprefix(source_of(task).prefix)
    return f"{shown} {setting}".strip()


def _say_empty(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, "nothing reproduced yet", ha="center", va="center", color=FAINT)


def _bars(points: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Coordinate x and both ends of the error bar of every point, (points, 3)."""
    published, mean = points["published"].to_numpy(float), points["reproduced"].to_numpy(float)
    sd = points["sd"].fillna(0).to_numpy(float)
    lower = mean - sd
    # The lower end would be off a logarithmic axis: as far as it goes down.
    return np.stack([published, np.where(lower > 0, lower, mean), mean + sd], axis=1)


def _limits(axes: Axes, metric: str, points: pd.DataFrame) -> tuple[float, float]:
    """Set scale and limits, the same for both axes; returns the limits."""
    values = np.concatenate([_bars(points).ravel(), points["reproduced"].to_numpy(float)])
    low, high = float(values.min()), float(values.max())
    if low > 0 and high / low > _LOG_FROM:
        margin = (high / low) ** _MARGIN
        low, high = low / margin, high * margin
        _scale_logarithmically(axes, low, high)
    else:
        # With few points the band has to stay a band.
        room = max(high - low, 6 * float(tolerance_of(metric).at((low + high) / 2)))
        middle, half = (low + high) / 2, room * (0.5 + _MARGIN)
        low, high = middle - half, middle + half
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5))
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    return low, high


def _scale_logarithmically(axes: Axes, low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    steps = (1.0, 2.0, 5.0) if math.log10(high / low) < 2.5 else (1.0,)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=steps))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _draw_band(axes: Axes, metric: str, low: float, high: float) -> None:
    logarithmic = axes.get_xscale() == "log"
    published = np.geomspace(low, high, 200) if logarithmic else np.linspace(low, high, 200)
    half = tolerance_of(metric).at(published)
    axes.fill_between(
        published, published - half, published + half, color=BAND, linewidth=0, zorder=0, label="_band"
    )
    axes.plot([low, high], [low, high], color=RULE, linewidth=0.8, zorder=1, label="_equal")


def _draw_series(axes: Axes, rows: pd.DataFrame, model: str, top: bool, hollow: bool, size: float) -> None:
    look = series_of(model, top)
    axes.errorbar(
        rows["published"].to_numpy(float),
        rows["reproduced"].to_numpy(float),
        yerr=rows["sd"].to_numpy(float),
        fmt=look.marker,
        color=look.colour,
        markersize=size,
        markerfacecolor="white" if hollow else look.colour,
        markeredgecolor=look.colour if hollow else "white",
        markeredgewidth=1.2 if hollow else 0.6,
        elinewidth=1.0,
        zorder=4 if hollow else 3,
    )
