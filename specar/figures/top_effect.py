"""What TOP changes, per dataset: our runs with it against those without it, beside the published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
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

_LINE, _WIDTH, _NAMES = 0.34, 2.1, 1.3  # inches of a line, of a panel, and of the names beside it
_OFFSET = {"specar": 0.3, "specar-released": -0.3}  # of a line
_FURTHER = (0.15, -0.15, 0.42, -0.42, 0.07, -0.07, 0.22, -0.22, 0.36, -0.36)  # likewise, of other models
_ROOM = 0.5  # how far the axis goes beyond the points, as a share of their range: intervals may be wide


class _Line(NamedTuple):
    """A dataset over some of its settings: published and own effects on it."""

    dataset: str
    settings: tuple[str, ...]
    published: float | None
    own: list[Effect]


def draw(ledger: Ledger, task: str | None = None) -> Drawing:
    """Draw the first metric of every task that has TOP, or all metrics of one task."""
    tasks, plan = [task] if task else [name for name, info in TASK_INFO.items() if info.top], ledger.plan
    title = "What TOP changes, per dataset" + (f": {source_of(task).title}" if task else "")
    most = None if task else 1
    wanted = [(one, metric) for one in tasks for metric in list(metrics_of(one, PROTOCOL))[:most]]
    content = [_lines(ledger, one, metric) for one, metric in wanted]
    effects = [effect for lines in content for line in lines for effect in line.own]
    height = _LINE * max(len(lines) for lines in content)
    above = [f"Negative: TOP lowers the error. {MEASURED}", *notes(plan)]
    above += [sentence for one in tasks for sentence in _states(ledger, one)]
    page = Page(title, above, _below(plan, tasks, effects, content), _legend(plan, effects))
    figure, panels = page.with_grid(Grid((_WIDTH,) * len(wanted), (height,), _NAMES, _NAMES))
    for axes, (one, metric), lines in zip(panels, wanted, content, strict=True):
        _draw_panel(plan, axes, one, lines)
        axes.set_title(METRICS[metric].label if task else source_of(one).title)
        axes.set_xlabel(f"{METRICS[metric].label} with − without TOP (%)")
    return Drawing(figure, title, _alt(plan, tasks, effects))


def _lines(ledger: Ledger, task: str, metric: str) -> list[_Line]:
    """Printed datasets in the paper's order, then own ones; one more line per choice of settings."""
    own, printed = own_effects(task, ledger.of(task).runs, metric), published_settings(task)
    lines: list[_Line] = []
    for dataset in dict.fromkeys([*printed, *(effect.dataset for effect in own)]):
        of_dataset = [effect for effect in own if effect.dataset == dataset]
        chosen = dict.fromkeys(effect.settings for effect in of_dataset if effect.model in ours(ledger.plan))
        if not chosen and dataset in printed:
            chosen = {printed[dataset]: None}
        for settings in dict.fromkeys([*chosen, *(effect.settings for effect in of_dataset)]):
            # Published numbers are SpecAR-Net's, and beside its runs alone.
            value = published_effect(task, dataset, settings, metric) if settings in chosen else None
            same = [effect for effect in of_dataset if effect.settings == settings]
            lines.append(_Line(dataset, settings, value, same))
    return lines


def _draw_panel(plan: Plan, axes: Axes, task: str, lines: Sequence[_Line]) -> None:
    axes.axvline(0, color=RULE, linewidth=0.8, zorder=1)
    further = others(plan, plan.config.models)
    offsets = {label: _FURTHER[i % len(_FURTHER)] for i, label in enumerate(further)} | _OFFSET
    for y, line in enumerate(reversed(lines)):
        axes.axhspan(y - 0.5, y + 0.5, color=BAND if y % 2 else "white", linewidth=0, zorder=0, alpha=0.6)
        if line.published is not None:
            axes.plot([line.published], [y], **LOG.marks(hollow=True), zorder=5)
        for effect in line.own:
            bar = None if effect.half is None else [effect.half]
            marks = look_of(plan.config, effect.model, True).marks(size=MARKER - 1)
            place = [effect.mean], [y + offsets[effect.model]]
            axes.errorbar(*place, xerr=bar, **marks, elinewidth=1.1, capsize=2, zorder=4)
    names = [_name(task, line) for line in reversed(lines)]
    axes.set_yticks(range(len(lines)), names, color=TEXT)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.5, len(lines) - 0.5)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(*_limits(lines))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}" if value else "0"))


def _limits(lines: Sequence[_Line]) -> tuple[float, float]:
    """Zero, all points, and intervals as far as they do not dwarf them."""
    effects = [effect for line in lines for effect in line.own]
    points = [0.0, *(line.published for line in lines if line.published is not None)]
    points += [effect.mean for effect in effects]
    ends = [effect.mean + sign * (effect.half or 0.0) for effect in effects for sign in (-1, 1)]
    room = (max(points) - min(points)) or 1.0
    low = max(min([*points, *ends]), min(points) - _ROOM * room)
    high = min(max([*points, *ends]), max(points) + _ROOM * room)
    margin = 0.07 * (high - low or 1.0)
    return low - margin, high + margin


def _name(task: str, line: _Line) -> str:
    everything = published_settings(task).get(line.dataset, line.settings)
    some = f"\n({', '.join(line.settings)} only)" if len(line.settings) < len(everything) else ""
    return short(task, line.dataset) + some


def _states(ledger: Ledger, task: str) -> list[str]:
    """What of a task is done with and without TOP, of SpecAR-Net and of every other model."""
    title, runs = source_of(task).title, ledger.of(task).runs
    runs = runs[runs["protocol"] == PROTOCOL]
    further = {label: runs[runs["model"] == label] for label in others(ledger.plan, runs["model"])}
    alone = [label for label, rows in further.items() if rows["top"].nunique() < 2]
    parts = {"ours": runs[runs["model"].isin(ours(ledger.plan))]}
    parts |= {label: rows for label, rows in further.items() if label not in alone}
    sentences = [f"{title}, {whose}: {_state(ledger.plan, task, rows)}." for whose, rows in parts.items()]
    left_out = f"{title}, left out, as there are runs with or without TOP only: {', '.join(alone)}."
    return [*sentences, *([left_out] if alone else [])]


def _state(plan: Plan, task: str, runs: pd.DataFrame) -> str:
    if runs.empty:
        return f"this configuration has no runs of SpecAR-Net under the protocol {PROTOCOL}"
    if runs["top"].nunique() < 2:
        only = "with" if runs["top"].iloc[0] else "without"
        return f"this configuration has runs {only} TOP only, so there is nothing to compare"
    lines = source_of(task).aggregates
    effects = own_effects(task, runs, next(iter(metrics_of(task, PROTOCOL))))
    counts = []
    for name in in_order(plan, runs["model"]):
        found = [one for one in effects if one.model == name and one.dataset not in lines]
        counts.append(f"{name} {len(found)} of {runs.loc[runs['model'] == name, 'dataset'].nunique()}")
    return f"datasets with a run with and one without TOP of the same seed: {', '.join(counts)}"


def _below(
    plan: Plan, tasks: Sequence[str], effects: Sequence[Effect], content: Sequence[Sequence[_Line]]
) -> list[str]:
    tables = ", ".join(" and ".join(map(str, source_of(task).tables)) for task in tasks)
    sentences = [
        "Horizons or mask ratios are averaged before the difference is taken.",
        f"Published: SpecAR-Net's single runs, appendix Tables {tables}, over the same settings.",
    ]
    if any(effect.half is not None for effect in effects):
        sentences.append(
            f"Bars: {100 * LEVEL:.0f} % t interval of the difference, paired over seeds; one that has no end "
            "in the panel goes on."
        )
    if any(effect.half is None for effect in effects):
        sentences.append("Ours without a bar: a single seed, of which no interval can be had.")
    of_line = [[one for one in line.own if one.model in ours(plan)] for lines in content for line in lines]
    if any(of_line) and not all(of_line):
        of_m4 = "; Others and Average need all their subsets, and their OWA the Naive2 floors"
        more = of_m4 if "short_term_forecast" in tasks else ""
        sentences.append(f"A line without ours: no such pair is done{more}.")
    return [" ".join(sentences)]


def _legend(plan: Plan, effects: Sequence[Effect]) -> list[Line2D]:
    labels = in_order(plan, (effect.model for effect in effects))
    own = [entry(f"ours, {label}", look_of(plan.config, label, True)) for label in labels]
    return [entry("published", LOG, hollow=True), *own]


def _alt(plan: Plan, tasks: Sequence[str], effects: Sequence[Effect]) -> str:
    start = f"Change of the error by TOP per dataset ({', '.join(source_of(task).title for task in tasks)}),"
    own = [effect for effect in effects if effect.model in ours(plan)]
    text = f"{start} as published; no own pair of runs of SpecAR-Net is done yet."
    if own:
        text = f"{start} published and ours: {_counted(own)}."
    labels = others(plan, (effect.model for effect in effects))
    counts = {label: _counted([effect for effect in effects if effect.model == label]) for label in labels}
    return text + "".join(f" {label}: {count}." for label, count in counts.items())


def _counted(effects: Sequence[Effect]) -> str:
    clear = [one for one in effects if one.half is not None and abs(one.mean) > one.half]
    return (
        f"{len(effects)} own differences, of which {sum(one.mean < 0 for one in effects)} are negative; "
        f"{len(clear)} have an interval without zero"
    )
