"""What TOP changes, per dataset: our runs with it against those without it, beside the published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from specar.figures.legend import entry
from specar.figures.page import Grid, Page
from specar.figures.plan_request import PaperFigure, PaperResults
from specar.figures.style import BAND, LOG, MARKER, RULE, TEXT, series_of
from specar.figures.words import PROTOCOL
from specar.paper.metrics import METRICS
from specar.paper.sources import metrics_of, source_of
from specar.results.effects import (
    LEVEL,
    Effect,
    own_effects,
    published_effect,
    published_settings,
    tasks_with_top,
)

_LINE, _WIDTH, _NAMES = 0.34, 2.1, 1.3  # inches of a line, of a panel, and of the names beside it
_OFFSET = {"specar": 0.3, "specar-released": -0.3}  # of a line
_ROOM = 0.5  # how far the axis goes beyond the points, as a share of their range: intervals may be wide


@dataclass
class _Line:
    """A dataset over some of its settings: published and own effects on it."""

    dataset: str
    settings: tuple[str, ...]
    published: float | None
    own: list[Effect] = field(default_factory=list)


def draw(results: PaperResults, task: str | None = None) -> PaperFigure:
    """Draw the first metric of every task that has TOP, or all metrics of one task."""
    tasks = [task] if task else tasks_with_top()
    title = "What TOP changes, per dataset" + (f": {source_of(task).title}" if task else "")
    wanted = [(one, metric) for one in tasks for metric in _metrics(one, every=task is not None)]
    content = [_lines(results, one, metric) for one, metric in wanted]
    effects = [effect for lines in content for line in lines for effect in line.own]
    height = _LINE * max(len(lines) for lines in content)
    page = Page(title, _above(results, tasks), _below(tasks, effects, content), _legend(effects))
    figure, panels = page.with_grid(Grid((_WIDTH,) * len(wanted), (height,), _NAMES, _NAMES))
    for axes, (one, metric), lines in zip(panels, wanted, content, strict=True):
        _draw_panel(axes, one, lines)
        axes.set_title(METRICS[metric].label if task else source_of(one).title)
        axes.set_xlabel(f"{METRICS[metric].label} with − without TOP (%)")
    return PaperFigure(figure, title, _alt(tasks, effects))


def _metrics(task: str, every: bool) -> list[str]:
    names = list(metrics_of(task, PROTOCOL))
    return names if every else names[:1]


def _lines(results: PaperResults, task: str, metric: str) -> list[_Line]:
    """Printed datasets in the paper's order, then own ones; one more line per choice of settings."""
    own = own_effects(task, results.of(task).runs, metric)
    printed = published_settings(task)
    lines: list[_Line] = []
    for dataset in dict.fromkeys([*printed, *(effect.dataset for effect in own)]):
        of_dataset = [effect for effect in own if effect.dataset == dataset]
        choices = dict.fromkeys(effect.settings for effect in of_dataset) or {printed[dataset]: None}
        for settings in choices:
            value = published_effect(task, dataset, settings, metric)
            same = [effect for effect in of_dataset if effect.settings == settings]
            lines.append(_Line(dataset, settings, value, same))
    return lines


def _draw_panel(axes: Axes, task: str, lines: Sequence[_Line]) -> None:
    axes.axvline(0, color=RULE, linewidth=0.8, zorder=1)
    for y, line in enumerate(reversed(lines)):
        axes.axhspan(y - 0.5, y + 0.5, color=BAND if y % 2 else "white", linewidth=0, zorder=0, alpha=0.6)
        if line.published is not None:
            _draw_published(axes, y, line.published)
        for effect in line.own:
            _draw_effect(axes, y + _OFFSET.get(effect.model, 0.0), effect)
    names = [_name(task, line) for line in reversed(lines)]
    axes.set_yticks(range(len(lines)), names, color=TEXT)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.5, len(lines) - 0.5)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(*_limits(lines))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}" if value else "0"))


def _draw_published(axes: Axes, y: float, value: float) -> None:
    axes.plot(
        [value],
        [y],
        marker=LOG.marker,
        color=LOG.colour,
        markersize=MARKER,
        markerfacecolor="white",
        markeredgewidth=1.2,
        linestyle="",
        zorder=5,
    )


def _draw_effect(axes: Axes, y: float, effect: Effect) -> None:
    look = series_of(effect.model, True)
    axes.errorbar(
        [effect.mean],
        [y],
        xerr=None if effect.half is None else [effect.half],
        fmt=look.marker,
        color=look.colour,
        markersize=MARKER - 1,
        markeredgecolor="white",
        markeredgewidth=0.6,
        elinewidth=1.1,
        capsize=2,
        zorder=4,
    )


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
    name = line.dataset.removeprefix(source_of(task).prefix)
    everything = published_settings(task).get(line.dataset, line.settings)
    if len(line.settings) >= len(everything):
        return name
    return f"{name}\n({', '.join(line.settings)} only)"


def _above(results: PaperResults, tasks: Sequence[str]) -> list[str]:
    head = f"Negative: TOP lowers the error. Protocol: {PROTOCOL}, which is how the paper measures."
    return [head, *results.notes, *(_state(results, task) for task in tasks)]


def _state(results: PaperResults, task: str) -> str:
    """What of a task is done with and without TOP."""
    runs = results.of(task).runs
    runs = runs[runs["protocol"] == PROTOCOL]
    start = f"{source_of(task).title}, ours:"
    if runs.empty:
        return f"{start} this configuration has no runs under the protocol {PROTOCOL}."
    if runs["top"].nunique() < 2:
        only = "with" if runs["top"].iloc[0] else "without"
        return f"{start} this configuration has runs {only} TOP only, so there is nothing to compare."
    asked, lines = runs["dataset"].nunique(), source_of(task).aggregates
    effects = own_effects(task, runs, _metrics(task, every=False)[0])
    counts = []
    for model in runs["model"].unique():
        found = [one for one in effects if one.model == model and one.dataset not in lines]
        counts.append(f"{model} {len(found)} of {asked}")
    return f"{start} datasets with a run with and one without TOP of the same seed: {', '.join(counts)}."


def _below(tasks: Sequence[str], effects: Sequence[Effect], content: Sequence[Sequence[_Line]]) -> list[str]:
    tables = ", ".join(" and ".join(map(str, source_of(task).tables)) for task in tasks)
    sentences = [
        "Horizons or mask ratios are averaged before the difference is taken.",
        f"Published: single runs, appendix Tables {tables}, over the same settings.",
    ]
    if any(effect.half is not None for effect in effects):
        sentences.append(
            f"Bars: {100 * LEVEL:.0f} % t interval of the difference, paired over seeds; one that has no end "
            "in the panel goes on."
        )
    if any(effect.half is None for effect in effects):
        sentences.append("Ours without a bar: a single seed, of which no interval can be had.")
    if effects and not all(line.own for lines in content for line in lines):
        sentences.append(
            "A line without ours: no such pair is done; Others and Average need all their subsets, and their "
            "OWA the Naive2 floors."
            if "short_term_forecast" in tasks
            else "A line without ours: no such pair is done."
        )
    return [" ".join(sentences)]


def _legend(effects: Sequence[Effect]) -> list[Line2D]:
    names = sorted({effect.model for effect in effects})
    own = [entry(f"ours, {name}", series_of(name, True)) for name in names]
    return [entry("published", LOG, hollow=True), *own]


def _alt(tasks: Sequence[str], effects: Sequence[Effect]) -> str:
    titles = ", ".join(source_of(task).title for task in tasks)
    clear = [one for one in effects if one.half is not None and abs(one.mean) > one.half]
    if not effects:
        return (
            f"Published change of the error by TOP per dataset ({titles}); no own pair of runs is done yet."
        )
    return (
        f"Change of the error by TOP per dataset ({titles}), published and ours: {len(effects)} own "
        f"differences, of which {sum(one.mean < 0 for one in effects)} are negative; {len(clear)} have an "
        "interval without zero."
    )
