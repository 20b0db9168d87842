"""One panel: published against our runs in metrics of one tolerance."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from specar.config import Config
from specar.figures.labels import Labels
from specar.figures.style import BAND, FAINT, MARKER, RULE, SMALL_MARKER, look_of
from specar.paper.metrics import margin_of

_FAR, _NAMED = 16, 6  # names are tried at so many points, and written at so many at most
_MANY = 40
_LOG_FROM = 10.0  # ratio of the largest to the smallest value
_MARGIN = 0.07  # of an axis, on either side


def draw_points(axes: Axes, config: Config, metric: str, points: pd.DataFrame) -> None:
    """Draw cells of a ledger that have ``average``, whether they are one, and the ``name`` of the point.

    ``metric`` says how wide the band is. Points of ``other`` models than SpecAR-Net are named after its own.
    """
    axes.set_xlabel("published")
    if points.empty:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "nothing run yet", ha="center", va="center", color=FAINT)
        return
    low, high = _limits(axes, metric, points)
    _draw_band(axes, metric, low, high)
    size = MARKER if len(points) <= _MANY else SMALL_MARKER
    for (hollow, model, top), rows in points.groupby(["average", "model", "top"]):
        marks = look_of(config, str(model), bool(top)).marks(bool(hollow), size)
        x, y, sd = (rows[name].to_numpy(float) for name in ("published", "ours", "sd"))
        axes.errorbar(x, y, yerr=sd, **marks, elinewidth=1.0, zorder=4 if hollow else 3)
    labels = Labels(axes, _bars(points), size)
    for _, rows in points.groupby("other"):
        order = rows["deviation"].abs().sort_values(ascending=False, kind="stable")
        far = rows.loc[order.index[:_FAR]]
        labels.write(zip(far["published"], far["ours"], far["name"], strict=True), _NAMED)


def _bars(points: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Coordinate x and both ends of the error bar of every point, (points, 3)."""
    published, mean = points["published"].to_numpy(float), points["ours"].to_numpy(float)
    sd = points["sd"].fillna(0).to_numpy(float)
    lower = mean - sd
    # The lower end would be off a logarithmic axis: as far as it goes down.
    return np.stack([published, np.where(lower > 0, lower, mean), mean + sd], axis=1)


def _limits(axes: Axes, metric: str, points: pd.DataFrame) -> tuple[float, float]:
    """Set scale and limits, the same for both axes; returns the limits."""
    values = np.concatenate([_bars(points).ravel(), points["ours"].to_numpy(float)])
    low, high = float(values.min()), float(values.max())
    if low > 0 and high / low > _LOG_FROM:
        margin = (high / low) ** _MARGIN
        low, high = low / margin, high * margin
        axes.set_xscale("log")
        axes.set_yscale("log")
        steps = (1.0, 2.0, 5.0) if math.log10(high / low) < 2.5 else (1.0,)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=steps))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        # With few points the band has to stay a band.
        room = max(high - low, 6 * float(margin_of(metric).at((low + high) / 2)))
        middle, half = (low + high) / 2, room * (0.5 + _MARGIN)
        low, high = middle - half, middle + half
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5))
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    return low, high


def _draw_band(axes: Axes, metric: str, low: float, high: float) -> None:
    logarithmic = axes.get_xscale() == "log"
    published = np.geomspace(low, high, 200) if logarithmic else np.linspace(low, high, 200)
    half = margin_of(metric).at(published)
    ends = published - half, published + half
    axes.fill_between(published, *ends, color=BAND, linewidth=0, zorder=0, label="_band")
    axes.plot([low, high], [low, high], color=RULE, linewidth=0.8, zorder=1, label="_equal")
