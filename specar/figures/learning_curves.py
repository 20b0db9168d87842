"""Training loss and validation metric of every epoch, by cell."""

from __future__ import annotations

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from specar.config import Config
from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.shown import Shown
from specar.figures.style import entry, look_of
from specar.figures.words import metric_label, notes, variants, with_top
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of
from specar.results.ledger import Ledger
from specar.runs.plan import Plan
from specar.runs.records import finished_record

_TITLE = "Learning curves"
_MOST = 6
_BELOW = (
    "Training loss: as optimised, with the TOP loss where there is one. Validation: on the part that "
    "selects the epoch (protocol published: of classification, M4 and most anomaly detection the test "
    "part), by the metric that does. Marked: the selected epoch. Runs of one cell that "
    "differ only in their seed look alike."
)


class _Curve(NamedTuple):
    """A run with its epochs."""

    record: dict[str, Any]
    history: list[dict[str, Any]]

    @property
    def variant(self) -> tuple[str, bool]:
        return self.record["model"], self.record["top"]


def draw(ledger: Ledger) -> Drawing:
    """Draw a row per cell, training loss and validation metric, with a line per run."""
    plan = ledger.plan
    curves, without = _curves(plan)
    if not curves:
        text = f"Nothing to show: the records of the {without} finished runs do not hold their epochs."
        text = text if without else "Nothing to show yet: no run of this configuration is done."
        return Drawing(Page(_TITLE, notes(plan)).with_words(text), _TITLE, text)
    shown = dict(list(curves.items())[:_MOST])
    above = _above(curves, shown, without)
    legend = _legend(plan, [curve for row in shown.values() for curve in row])
    page = Page(_TITLE, [*above, *notes(plan)], [_BELOW], legend)
    figure, panels = page.with_grid(Grid((2.8, 2.8), (1.25,) * len(shown), gap=0.8))
    for row, runs in enumerate(shown.values()):
        _draw_cell(plan.config, panels[2 * row], panels[2 * row + 1], runs)
    for axes in panels[-2:]:
        axes.set_xlabel("epoch")
    return Drawing(figure, _TITLE, f"{_TITLE}: {' '.join(above)}")


def _curves(plan: Plan) -> tuple[dict[str, list[_Curve]], int]:
    """Runs with a history by cell, and the number of finished runs without one."""
    curves: dict[str, list[_Curve]] = {}
    without = 0
    for record in filter(None, (finished_record(plan, name) for name in plan.runs)):
        if history := list(record.get("history", [])):
            curves.setdefault(record["cell"], []).append(_Curve(record, history))
        else:
            without += 1
    return curves, without


def _above(curves: dict[str, list[_Curve]], shown: dict[str, list[_Curve]], without: int) -> list[str]:
    runs = sum(map(len, shown.values()))
    what = f"{runs} run{'s' * (runs != 1)} of {len(shown)} cell{'s' * (len(shown) != 1)}"
    text = f"{what} (task, dataset, setting, protocol)."
    if left_out := len(curves) - len(shown):
        text += f" {left_out} more cells left out: shown are the first of the configuration."
    if without:
        text += f" {without} finished runs left out whose records do not hold their epochs."
    return [text]


def _legend(plan: Plan, curves: list[_Curve]) -> list[Line2D]:
    tasks: dict[tuple[str, bool], list[str]] = {}
    for curve in curves:
        tasks.setdefault(curve.variant, []).append(curve.record["task"])
    words = {(label, top): f"{label}{with_top(top, *tasks[label, top])}" for label, top in tasks}
    return [entry(words[one], look_of(plan.config, *one)) for one in variants(plan, tasks)]


def _draw_cell(config: Config, loss: Axes, validation: Axes, curves: list[_Curve]) -> None:
    record, metric = curves[0].record, next(iter(curves[0].history[0]["val"]))  # that selects the epoch
    strict = ", strict" if record["protocol"] == "strict" else ""
    loss.set_title(f"{source_of(record['task']).title}, {Shown(record).place}{strict}", loc="left")
    loss.set_ylabel("training loss")
    validation.set_title("validation", loc="left")
    validation.set_ylabel(metric_label(metric))
    scale = METRICS[metric].scale
    for curve in curves:
        _draw_line(config, loss, curve, [line["train_loss"] for line in curve.history])
        _draw_line(config, validation, curve, [scale * line["val"][metric] for line in curve.history])
    for axes in (loss, validation):
        axes.set_xlim(0.5, max(len(curve.history) for curve in curves) + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(4))


def _draw_line(config: Config, axes: Axes, curve: _Curve, values: list[float]) -> None:
    look = look_of(config, *curve.variant)
    epochs = [line["epoch"] for line in curve.history]
    best = epochs.index(curve.record["training"]["best_epoch"])
    axes.plot(epochs, values, color=look.colour, linewidth=1.0)
    marked: dict[str, Any] = {"color": look.colour, "markersize": 6, "markeredgecolor": "white"}
    axes.plot(epochs[best], values[best], marker=look.shape, **marked)
