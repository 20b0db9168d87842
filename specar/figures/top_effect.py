"""What TOP changes, in all tasks: our runs with it against those without it, beside the published numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from specar.config.tasks import TASK_INFO
from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.style import BAND, LOG, MARKER, RULE, TEXT, entry, look_of
from specar.figures.words import MEASURED, PROTOCOL, in_order, notes, others, ours, short
from specar.paper.metrics import METRICS
from specar.paper.sources import metrics_of, source_of
from specar.results.effects import LEVEL, Effect, own_effects, published_effect, published_settings
from specar.results.ledger import Ledger
from specar.runs.plan import Plan

TITLE = "What TOP changes, per dataset"
_LINE, _WIDTH, _NAMES = 0.34, 5.0, 1.5  # inches of a line, of a panel, and of the names beside it
_LEAST = 5.0  # percent that the axis reaches to both sides: less is within what seeds change
_ROOM = 0.5  # how far the axis goes beyond the points, as a share of their range: intervals may be wide


class _Line(NamedTuple):
    """A dataset of a task over some of its settings: own effects on it, and the published one."""

    task: str
    dataset: str
    settings: tuple[str, ...]
    own: list[Effect]
    published: float | None


def draw(ledger: Ledger) -> Drawing:
    """Draw the first metric of every dataset that has runs with and without TOP."""
    plan, lines = ledger.plan, list(_lines(ledger))
    if not lines:
        words = f"No dataset has a run with and one without TOP of the same seed, protocol {PROTOCOL}."
        return Drawing(Page(TITLE, notes(plan)).with_words(words), TITLE, words)
    effects = [effect for line in lines for effect in line.own]
    models = in_order(plan, (effect.model for effect in effects))
    tasks = {task: list(own) for task, own in groupby(lines, lambda line: line.task)}
    above = [f"Negative: TOP lowers the error. {MEASURED}", *notes(plan)]
    page = Page(TITLE, above, _below(effects, tasks), _legend(plan, models))
    grid = Grid((_WIDTH,), tuple(_LINE * max(len(own), 2) for own in tasks.values()), _NAMES)
    figure, panels = page.with_grid(grid)
    for axes, (task, own) in zip(panels, tasks.items(), strict=True):
        _draw_panel(plan, axes, own, models)
        metric = METRICS[_metric(task)].label
        axes.set_title(f"{source_of(task).title}: {metric} with − without TOP, in %")
        axes.set_xlim(*_limits(lines))
    return Drawing(figure, TITLE, _alt(plan, effects))


def _metric(task: str) -> str:
    return next(iter(metrics_of(task, PROTOCOL)))


def _lines(ledger: Ledger) -> Iterator[_Line]:
    """Datasets as the paper prints them, then others; one more line per choice of settings."""
    for task in (name for name, info in TASK_INFO.items() if info.top):
        own, printed = own_effects(task, ledger.of(task).runs, _metric(task)), published_settings(task)
        order = list(dict.fromkeys([*printed, *(effect.dataset for effect in own)]))
        places = dict.fromkeys((effect.dataset, effect.settings) for effect in own)
        for dataset, settings in sorted(places, key=lambda place: order.index(place[0])):
            same = [one for one in own if (one.dataset, one.settings) == (dataset, settings)]
            # Published numbers are SpecAR-Net's, and beside its runs alone.
            beside = any(effect.model in ours(ledger.plan) for effect in same)
            value = published_effect(task, dataset, settings, _metric(task)) if beside else None
            yield _Line(task, dataset, settings, same, value)


def _draw_panel(plan: Plan, axes: Axes, lines: Sequence[_Line], models: Sequence[str]) -> None:
    axes.axvline(0, color=RULE, linewidth=0.8, zorder=1)
    offsets = dict(zip(models, np.linspace(0.28, -0.28, len(models) + 2)[1:-1], strict=True))
    for y, line in enumerate(reversed(lines)):
        axes.axhspan(y - 0.5, y + 0.5, color=BAND if y % 2 else "white", linewidth=0, zorder=0, alpha=0.6)
        if line.published is not None:
            axes.plot([line.published], [y], **LOG.marks(hollow=True), zorder=5)
        for effect in line.own:
            bar = None if effect.half is None else [effect.half]
            marks = look_of(plan.config, effect.model, True).marks(size=MARKER - 1)
            place = [effect.mean], [y + offsets[effect.model]]
            axes.errorbar(*place, xerr=bar, **marks, elinewidth=1.1, capsize=2, zorder=4)
    axes.set_yticks(range(len(lines)), [_name(line) for line in reversed(lines)], color=TEXT)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.5, len(lines) - 0.5)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}" if value else "0"))


def _limits(lines: Sequence[_Line]) -> tuple[float, float]:
    """Of all panels: all points, intervals as far as they do not dwarf them, and `_LEAST` to both sides."""
    effects = [effect for line in lines for effect in line.own]
    points = [-_LEAST, _LEAST, *(line.published for line in lines if line.published is not None)]
    points += [effect.mean for effect in effects]
    ends = [effect.mean + sign * (effect.half or 0.0) for effect in effects for sign in (-1, 1)]
    room = _ROOM * (max(points) - min(points))
    low, high = max(min([*points, *ends]), min(points) - room), min(max([*points, *ends]), max(points) + room)
    margin = 0.05 * (high - low)
    return low - margin, high + margin


def _name(line: _Line) -> str:
    everything = published_settings(line.task).get(line.dataset, line.settings)
    some = f"\n({', '.join(line.settings)} only)" if len(line.settings) < len(everything) else ""
    return short(line.task, line.dataset) + some


def _below(effects: Sequence[Effect], tasks: Iterable[str]) -> list[str]:
    tables = ", ".join(" and ".join(map(str, source_of(task).tables)) for task in tasks)
    sentences = [
        "Shown: datasets with a run with and one without TOP of the same seed; horizons or mask ratios are "
        "averaged before the difference is taken.",
        f"Published: SpecAR-Net's single runs, appendix Tables {tables}, over the same settings.",
    ]
    if any(effect.half is not None for effect in effects):
        sentences.append(
            f"Bars: {100 * LEVEL:.0f} % t interval of the difference, paired over seeds; one that has no end "
            "in the panel goes on."
        )
    if any(effect.half is None for effect in effects):
        sentences.append("Ours without a bar: a single seed, of which no interval can be had.")
    return [" ".join(sentences)]


def _legend(plan: Plan, models: Sequence[str]) -> list[Line2D]:
    own = [entry(f"ours, {label}", look_of(plan.config, label, True)) for label in models]
    return [entry("published", LOG, hollow=True), *own]


def _alt(plan: Plan, effects: Sequence[Effect]) -> str:
    own = [effect for effect in effects if effect.model in ours(plan)]
    text = f"Change of the error by TOP per dataset, published and ours: {_counted(own)}."
    labels = others(plan, (effect.model for effect in effects))
    counts = {label: _counted([effect for effect in effects if effect.model == label]) for label in labels}
    return text + "".join(f" {label}: {count}." for label, count in counts.items())


def _counted(effects: Sequence[Effect]) -> str:
    clear = [one for one in effects if one.half is not None and abs(one.mean) > one.half]
    return (
        f"{len(effects)} own differences, of which {sum(one.mean < 0 for one in effects)} are negative; "
        f"{len(clear)} have an interval without zero"
    )
