"""Training loss and validation metric of every epoch, by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from specar.config.tasks import TASK_INFO
from specar.figures.legend import entry
from specar.figures.page import Grid, Page
from specar.figures.plan_request import PaperFigure, PaperResults
from specar.figures.shown import Shown
from specar.figures.style import series_of
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of

_TITLE = "Learning curves"
_MOST = 6


@dataclass(frozen=True)
class _Curve:
    """A run with its epochs."""

    record: dict[str, Any]
    history: list[dict[str, Any]]

    @property
    def metric(self) -> str:
        """The metric that selects the epoch: tasks name it first."""
        return str(next(iter(self.history[0]["val"])))


def draw(results: PaperResults) -> PaperFigure:
    """Draw a row per cell, training loss and validation metric, with a line per run."""
    curves, without = _curves(results)
    if not curves:
        text = _empty(without)
        return PaperFigure(Page(_TITLE, results.notes).with_words(text), _TITLE, text)
    shown = dict(list(curves.items())[:_MOST])
    above = _above(curves, shown, without)
    page = Page(
        _TITLE, [*above, *results.notes], _below(), _legend([c for row in shown.values() for c in row])
    )
    figure, panels = page.with_grid(Grid((2.8, 2.8), (1.25,) * len(shown), gap=0.8))
    for row, runs in enumerate(shown.values()):
        _draw_cell(panels[2 * row], panels[2 * row + 1], runs)
    for axes in panels[-2:]:
        axes.set_xlabel("epoch")
    return PaperFigure(figure, _TITLE, f"{_TITLE}: {' '.join(above)}")


def _curves(results: PaperResults) -> tuple[dict[str, list[_Curve]], int]:
    """Runs with a history by cell, and the number of finished runs without one."""
    curves: dict[str, list[_Curve]] = {}
    without = 0
    for name in results.plan.runs:
        record = results.record(name)
        if record is None:
            continue
        history = list(record.get("history", []))
        if history:
            curves.setdefault(record["cell"], []).append(_Curve(record, history))
        else:
            without += 1
    return curves, without


def _empty(without: int) -> str:
    if not without:
        return "Nothing to show yet: no run of this configuration is done."
    return f"Nothing to show: the records of the {without} finished runs do not hold their epochs."


def _above(curves: dict[str, list[_Curve]], shown: dict[str, list[_Curve]], without: int) -> list[str]:
    runs = sum(map(len, shown.values()))
    what = f"{runs} run{'s' * (runs != 1)} of {len(shown)} cell{'s' * (len(shown) != 1)}"
    text = f"{what} (task, dataset, setting, protocol)."
    if left_out := len(curves) - len(shown):
        text += f" {left_out} more cells left out: shown are the first of the configuration."
    if without:
        text += f" {without} finished runs left out whose records do not hold their epochs."
    return [text]


def _below() -> list[str]:
    return [
        "Training loss: as optimised, with the TOP loss where there is one. Validation: on the part that "
        "selects the epoch (protocol published: of classification, M4 and most anomaly detection the test "
        "part), by the metric that does. Marked: the selected epoch. Runs of one cell that "
        "differ only in their seed look alike."
    ]


def _legend(curves: list[_Curve]) -> list[Line2D]:
    kinds = {
        (c.record["model"], c.record["top"]): TASK_INFO[c.record["task"]].top
        for c in sorted(curves, key=lambda c: TASK_INFO[c.record["task"]].top)
    }
    names = {True: ", with TOP", False: ", without TOP"}
    return [
        entry(f"{name}{names[top] if has_top else ''}", series_of(name, top))
        for (name, top), has_top in sorted(kinds.items())
    ]


def _draw_cell(loss: Axes, validation: Axes, curves: list[_Curve]) -> None:
    first = curves[0]
    place = f"{source_of(first.record['task']).title}, {Shown(first.record).place}"
    strict = ", strict" if first.record["protocol"] == "strict" else ""
    label = METRICS[first.metric].label + (" (%)" if METRICS[first.metric].percent else "")
    loss.set_title(f"{place}{strict}", loc="left")
    loss.set_ylabel("training loss")
    validation.set_title("validation", loc="left")
    validation.set_ylabel(label)
    for curve in curves:
        scale = METRICS[curve.metric].scale
        _draw_line(loss, curve, [line["train_loss"] for line in curve.history])
        _draw_line(validation, curve, [scale * line["val"][curve.metric] for line in curve.history])
    for axes in (loss, validation):
        axes.set_xlim(0.5, max(len(curve.history) for curve in curves) + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(4))


def _draw_line(axes: Axes, curve: _Curve, values: list[float]) -> None:
    look = series_of(curve.record["model"], curve.record["top"])
    epochs = [line["epoch"] for line in curve.history]
    best = epochs.index(curve.record["training"]["best_epoch"])
    axes.plot(epochs, values, color=look.colour, linewidth=1.0)
    axes.plot(
        epochs[best], values[best], look.marker, color=look.colour, markersize=6, markeredgecolor="white"
    )
