"""An ablation over names: what each level changes against the first one, per dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from specar.config.entries import Ablation
from specar.config.tasks import TASK_INFO
from specar.figures.page import Grid, Page
from specar.figures.style import FAINT, MARKER, RULE
from specar.figures.text import width_of
from specar.paper.metrics import METRICS
from specar.paper.sources import AVERAGE, source_of

_LOOKS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#E69F00", "v"))
_LINE, _WIDTH = 0.24, 5.0  # inches: height of a line of a panel, width of a panel
_CONFIDENCE = 0.95
PUBLISHED = "published"


@dataclass(frozen=True)
class Change:
    """Difference of a level from the first one, averaged over settings.

    ``low`` and ``high`` are its t interval over seeds, equal to ``value`` where there is one number only.
    """

    task: str
    line: str
    level: str
    value: float
    low: float
    high: float

    @property
    def published(self) -> bool:
        """Whether it is computed from published numbers."""
        return self.line.endswith(PUBLISHED)


def changes(table: pd.DataFrame, runs: pd.DataFrame, levels: list[str]) -> list[Change]:
    """Return the differences from the first of ``levels``, of the rows of ``table`` and of their runs.

    In percent of the first level, or in points for what is in percent. Runs are compared seed by seed. What
    is reproduced on a dataset follows what is published on it.
    """
    own = runs.merge(table[["task", "metric"]].drop_duplicates(), on=["task", "metric"])
    own = own.assign(line=[_line(*row) for row in own[["task", "dataset", "model", "top"]].to_numpy()])
    printed = table[table["published"].notna()].drop_duplicates(["level", "task", "dataset", "setting"])
    printed = printed.assign(value=printed["published"], seed=0)
    names = printed[["task", "dataset"]].to_numpy()
    printed["line"] = [f"{_shown(task, dataset)}, {PUBLISHED}" for task, dataset in names]
    parts = [part for part in (printed, own.dropna(subset=["value"])) if len(part)]
    both = pd.concat(parts, ignore_index=True)
    both = both[both["dataset"] != AVERAGE].sort_values(["task", "dataset"], key=_appearance)
    return [change for key, rows in both.groupby(["task", "dataset", "line"], sort=False)
            for change in _of_line(str(key[0]), str(key[2]), rows, levels)]  # fmt: skip


def _appearance(names: pd.Series) -> pd.Series:
    """Where each name is first met."""
    return pd.Series(pd.factorize(names)[0], index=names.index)


def _of_line(task: str, line: str, rows: pd.DataFrame, levels: list[str]) -> Iterator[Change]:
    wide = rows.pivot_table(index=["setting", "seed"], columns="level", values="value")
    for level in levels[1:]:
        if levels[0] not in wide or level not in wide:
            continue
        pairs = wide[[levels[0], level]].dropna()
        difference = pairs[level] - pairs[levels[0]]
        if not METRICS[rows["metric"].iloc[0]].percent:
            difference = 100 * difference / pairs[levels[0]]
        per_seed = difference.groupby("seed").mean()
        if len(per_seed):
            yield Change(task, line, level, float(per_seed.mean()), *_interval(per_seed.to_numpy(float)))


def _interval(values: np.ndarray) -> tuple[float, float]:
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean
    half = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(values) - 1) * stats.sem(values))
    return mean - half, mean + half


def _line(task: str, dataset: str, model: str, top: bool) -> str:
    with_top = f", {'with' if top else 'without'} TOP" if TASK_INFO[task].top else ""
    return f"{_shown(task, dataset)}, reproduced ({model}{with_top})"


def _shown(task: str, dataset: str) -> str:
    return dataset.removeprefix(source_of(task).prefix)


def draw(ablation: Ablation, table: pd.DataFrame, runs: pd.DataFrame, title: str, above: list[str]) -> Figure:
    """Draw the rows of ``table``, all in the primary metric of their task."""
    levels = list(ablation.levels)
    if any(level.models for level in ablation.levels.values()):
        runs = runs.assign(model="both")
    found = changes(table, runs, levels)
    if not found:
        words = f"No cell has a result at {levels[0]} and at another level yet: nothing to compare."
        return Page(title, above).with_words(words)
    tasks = list(dict.fromkeys(change.task for change in found))
    lines = {task: list(dict.fromkeys(c.line for c in found if c.task == task)) for task in tasks}
    left = max(width_of(line, 7.5) for names in lines.values() for line in names) / 72 + 0.35
    grid = Grid((_WIDTH,), tuple(max(_LINE * (len(lines[task]) + 1), 0.6) for task in tasks), left)
    figure, panels = Page(title, above, _below(levels[0]), _legend(levels[1:])).with_grid(grid)
    for axes, task in zip(panels, tasks, strict=True):
        metric = METRICS[table.loc[table["task"] == task, "metric"].iloc[0]]
        _panel(axes, [change for change in found if change.task == task], lines[task], levels[1:])
        unit = "points" if metric.percent else "%"
        better = "higher" if metric.higher else "lower"
        axes.set_title(f"{source_of(task).title}: {metric.label}, change in {unit} ({better} is better)")
    return figure


def alt(ablation: Ablation, table: pd.DataFrame) -> str:
    """Say what the figure shows."""
    first = next(iter(ablation.levels))
    number = table[table["reproduced"].notna()].groupby(["task", "dataset"]).ngroups
    return f"Change of each level against {first} per dataset; {number} datasets with reproduced results."


def _panel(axes: Axes, found: list[Change], lines: list[str], levels: list[str]) -> None:
    axes.axvline(0, color=RULE, linewidth=0.8, zorder=0)
    for change in found:
        colour, marker = _LOOKS[levels.index(change.level) % len(_LOOKS)]
        spread = 0.5 / max(len(levels), 1)
        y = lines.index(change.line) + spread * (levels.index(change.level) - (len(levels) - 1) / 2)
        axes.plot([change.low, change.high], [y, y], color=colour, linewidth=1.2)
        face = "white" if change.published else colour
        axes.plot([change.value], [y], marker, color=colour, markerfacecolor=face, markersize=MARKER - 1)
    axes.set_yticks(range(len(lines)), lines)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.margins(x=0.08)


def _legend(levels: list[str]) -> list[Line2D]:
    looks = [_LOOKS[i % len(_LOOKS)] for i in range(len(levels))]
    entries = [
        Line2D([], [], color=colour, marker=marker, linestyle="", markersize=MARKER - 1, label=level)
        for level, (colour, marker) in zip(levels, looks, strict=True)
    ]
    kinds = (("reproduced", FAINT), (PUBLISHED, "white"))
    return entries + [
        Line2D(
            [],
            [],
            color=FAINT,
            marker="o",
            linestyle="",
            markerfacecolor=face,
            markersize=MARKER - 1,
            label=label,
        )
        for label, face in kinds
    ]


def _below(first: str) -> list[str]:
    return [
        f"Vertical line: {first}. Horizons and mask ratios are averaged, reproduced runs compared seed by "
        "seed. Horizontal lines: 95 % t interval over seeds; a point without one is a single number."
    ]
