"""Figure 4 of the paper: number of parameters against performance, as far as anything is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.labels import Labels
from specar.figures.parameters_data import Found, Point, points_of
from specar.figures.style import FAINT, OTHERS, RULE, entry, look_of
from specar.figures.words import (
    MEASURED,
    PROTOCOL,
    in_order,
    metric_label,
    notes,
    others,
    ours,
    variants,
    with_top,
)
from specar.paper.metrics import METRICS
from specar.paper.published import printed_datasets
from specar.paper.sources import source_of
from specar.results.ledger import Ledger
from specar.runs.plan import Plan

_PANELS = (("classification", "accuracy"), ("long_term_forecast", "mse"))
_TITLE = "Figure 4: number of parameters against performance"
_SIDE, _LEFT, _GAP = 3.5, 0.75, 0.85  # inches
_NAMED, _MARKER = 20, 6.0
_LEAST = 0.05  # of a value to both sides that its axis spans
_PARAMETERS = "parameters of our models (millions)"


def draw(ledger: Ledger) -> Drawing:
    """Draw every dataset of our models, and above them means over all datasets where a model has all."""
    plan, found = ledger.plan, [points_of(ledger, task, metric) for task, metric in _PANELS]
    points = [point for of in found for point in of.points]
    rows = 1 + any(of.means for of in found)
    if not points:
        text = "No number of parameters of a model of this configuration is known yet."
        return Drawing(Page(_TITLE, _above(ledger, found)).with_words(text), _TITLE, _alt(plan, points))
    page = Page(_TITLE, _above(ledger, found), _below(plan, points), _legend(plan, points))
    figure, panels = page.with_grid(Grid((_SIDE, _SIDE), (_SIDE,) * rows, _LEFT, _GAP))
    for column, ((task, metric), of) in enumerate(zip(_PANELS, found, strict=True)):
        if rows > 1:
            _draw_averages(plan, panels[column], task, metric, of.means)
        panels[-2 + column].set_title(f"{source_of(task).title}: every set")
        _draw_datasets(plan, panels[-2 + column], metric, of.points)
    return Drawing(figure, _TITLE, _alt(plan, points))


def _draw_averages(plan: Plan, axes: Axes, task: str, metric: str, points: Sequence[Point]) -> None:
    axes.set_title(f"{source_of(task).title}: mean over {len(printed_datasets(task))} sets")
    axes.set_xlabel(_PARAMETERS)
    axes.set_ylabel(f"mean {metric_label(metric)}")
    if not points:
        _say(axes, "no model of ours has all sets")
        return
    _scale_values(axes, [point.value for point in points], metric)
    _scale_counts(axes, [end for point in points for end in (point.lowest, point.highest)])
    for point in points:
        ends = [[point.total - point.lowest], [point.highest - point.total]]
        look = _look(plan, point)
        axes.errorbar([point.total], [point.value], xerr=ends, **look, elinewidth=0.8, capsize=2)


def _say(axes: Axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", color=FAINT)


def _draw_datasets(plan: Plan, axes: Axes, metric: str, points: Sequence[Point]) -> None:
    axes.set_xlabel(_PARAMETERS)
    axes.set_ylabel(metric_label(metric))
    if not points:
        _say(axes, "no number of parameters is known yet")
        return
    _scale_values(axes, [point.value for point in points], metric)
    _scale_counts(axes, [end for point in points for end in (point.total, point.used or point.total)])
    for point in points:
        axes.plot([point.total], [point.value], **_look(plan, point))
        axes.plot([point.used or point.total, point.total], [point.value] * 2, color=RULE, linewidth=0.9)
    bars = np.array([[point.total, point.value, point.value] for point in points])
    names = [(point.total, point.value, point.name) for point in _to_name(plan, points)]
    Labels(axes, bars, _MARKER).write(names, _NAMED)


def _to_name(plan: Plan, points: Sequence[Point]) -> list[Point]:
    """Points in the order of their names: SpecAR-Net's, those of our runs, every set before any twice."""
    met: Counter[tuple[bool, str]] = Counter()
    order = []
    for point in points:
        other = point.model not in ours(plan)
        order.append((other, not point.own, met[other, point.name]))
        met[other, point.name] += 1
    return [points[i] for i in sorted(range(len(points)), key=order.__getitem__)]


def _look(plan: Plan, point: Point) -> dict[str, Any]:
    marks = look_of(plan.config, point.model, point.top).marks(not point.own, _MARKER)
    return {**marks, "zorder": 4 if point.own else 3}


def _scale_values(axes: Axes, values: Sequence[float], metric: str) -> None:
    low, high = min(values), max(values)
    if METRICS[metric].percent:
        middle, half = (low + high) / 2, max(0.56 * (high - low), _LEAST * (low + high) / 2)
        axes.set_ylim(middle - half, middle + half)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        return
    axes.set_yscale("log")
    margin = max((high / low) ** 0.06, ((1 + 2 * _LEAST) * low / high) ** 0.5)
    axes.set_ylim(low / margin, high * margin)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high / low > 5 else (1, 1.5, 2, 3, 5, 7)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _scale_counts(axes: Axes, counts: Sequence[float]) -> None:
    """Set a logarithmic axis of counts, in millions."""
    low, high = min(counts) / 1.6, max(counts) * 1.6
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    steps = (1, 2, 5) if high / low < 50 else (1,)
    ticks = [step * 10.0**power for power in range(3, 10) for step in steps]
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(shown, [f"{tick / 1e6:g}" for tick in shown])


def _above(ledger: Ledger, found: Sequence[Found]) -> list[str]:
    head = (
        "The paper prints neither the numbers of this figure nor a number of parameters of any model, only "
        "that SpecAR-Net does better with fewer. So the numbers of parameters are those of our models, and "
        "models of which none is known are not in the figure."
    )
    states = [_state(ledger, task, of) for (task, _), of in zip(_PANELS, found, strict=True)]
    problems = {label: text for of in found for label, text in of.problems.items()}
    labels = in_order(ledger.plan, problems)
    without = [f"Left out where no run of it is done: {label}; {problems[label]}." for label in labels]
    return [MEASURED, head, *notes(ledger.plan), *states, *without]


def _state(ledger: Ledger, task: str, found: Found) -> str:
    sets, runs, plan = len(printed_datasets(task)), ledger.of(task).runs, ledger.plan
    known, done = _known(found, ours(plan))
    text = f"{source_of(task).title}: parameters known for {known} of {sets} sets"
    if task == "classification" and known < sets:
        text += " (that of others follows from their length, known once they are prepared)"
    text = f"{text}; runs of ours on {done}."
    for label in others(plan, runs.loc[runs["protocol"] == PROTOCOL, "model"]):
        text += " {}: parameters known for {}, runs on {}.".format(label, *_known(found, [label]))
    return text


def _known(found: Found, labels: Sequence[str]) -> tuple[int, int]:
    """Number of sets that the parameters of models are known of, and of those with a result."""
    known = {name for label in labels for name in found.known.get(label, ())}
    done = {point.dataset for point in found.points if point.own and point.model in labels}
    return len(known), len(done)


def _below(plan: Plan, points: Sequence[Point]) -> list[str]:
    models = plan.config.models
    compared = [
        f" (of {label}: {models[label].published_as})"
        for label in others(plan, (point.model for point in points if not point.own))
    ]
    return [
        f"Filled: our runs, mean over seeds. Hollow: the published result of SpecAR-Net{''.join(compared)} "
        "at the number of parameters of our model. Means over all sets have a bar from the smallest to the "
        "largest model; a set is the mean over its horizons, or those that are named, with a line to the "
        "parameters that training reaches, known of runs that are done. "
        "MSE: lower is better."
    ]


def _legend(plan: Plan, points: Sequence[Point]) -> list[Line2D]:
    found = variants(plan, ((point.model, point.top) for point in points))
    words = {top: with_top(top, *(task for task, _ in _PANELS)) for top in (False, True)}
    own = [entry(f"{label}{words[top]}", look_of(plan.config, label, top)) for label, top in found]
    return [*own, *([entry("hollow: published result", OTHERS, hollow=True)] if points else [])]


def _alt(plan: Plan, points: Sequence[Point]) -> str:
    own = [point for point in points if point.model in ours(plan)]
    text = "No number of parameters is known, as the paper prints none."
    if own:
        low, high = (bound(point.total for point in own) / 1e6 for bound in (min, max))
        text = (
            f"Performance against parameters of our models on {len(own)} sets and variants, {low:.3g} to "
            f"{high:.3g} million parameters, {sum(point.own for point in own)} of them with results "
            "of ours."
        )
    labels = others(plan, (point.model for point in points))
    numbers = {label: sum(point.model == label for point in points) for label in labels}
    return text + "".join(f" {label}: {number} points." for label, number in numbers.items())
