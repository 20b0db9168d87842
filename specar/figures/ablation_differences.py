"""An ablation over names: what each level changes against the first one, per dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from specar.figures.drawing import Grid, Page
from specar.figures.style import FAINT, MARKER, RULE, further_look, width_of
from specar.figures.words import short, with_top
from specar.paper.metrics import METRICS
from specar.paper.sources import AVERAGE, source_of
from specar.results.effects import LEVEL, t_half
from specar.runs.plan import Plan

_LEAST = 5.0  # percent or points that the axis reaches to both sides where no spread is known
_LINE, _WIDTH = 0.24, 5.0  # inches: height of a line of a panel, width of a panel
PUBLISHED = "published"
_BELOW = (
    "Horizons and mask ratios are averaged, our runs compared seed by seed. Horizontal lines: 95 % t "
    "interval over seeds; a point without one is a single number."
)


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
    our runs gave on a dataset follows what is published on it.
    """
    own = runs.merge(table[["task", "metric"]].drop_duplicates(), on=["task", "metric"])
    own = own.assign(line=[_line(*row) for row in own[["task", "dataset", "model", "top"]].to_numpy()])
    printed = table[table["published"].notna()].drop_duplicates(["level", "task", "dataset", "setting"])
    printed = printed.assign(value=printed["published"], seed=0)
    names = printed[["task", "dataset"]].to_numpy()
    printed["line"] = [f"{short(task, dataset)}, {PUBLISHED}" for task, dataset in names]
    parts = [part for part in (printed, own.dropna(subset=["value"])) if len(part)]
    both = pd.concat(parts, ignore_index=True)
    both = both[both["dataset"] != AVERAGE]
    # As they are first met.
    both = both.sort_values(["task", "dataset"], key=lambda names: names.map(names.unique().tolist().index))
    return [change for key, rows in both.groupby(["task", "dataset", "line"], sort=False)
            for change in _of_line(str(key[0]), str(key[2]), rows, levels)]  # fmt: skip


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
            mean, half = float(per_seed.mean()), t_half(per_seed.to_numpy(float), LEVEL) or 0.0
            yield Change(task, line, level, mean, mean - half, mean + half)


def _line(task: str, dataset: str, model: str, top: bool) -> str:
    which = f"{model}{with_top(top, task)}".removeprefix(", ")
    return f"{short(task, dataset)}, our runs" + (f" ({which})" if which else "")


def differences(
    plan: Plan, name: str, table: pd.DataFrame, runs: pd.DataFrame, page: Page
) -> tuple[Figure, str]:
    """Draw the rows of ``table``, all in the primary metric of their task; returns what it shows as well."""
    levels = list(plan.config.ablations[name].levels)
    if runs.groupby("level")["model"].nunique().max() == 1 < runs["model"].nunique():
        runs = runs.assign(model="")  # the levels are models
    found = changes(table, runs, levels)
    if not found:
        words = f"No cell has a result at {levels[0]} and at another level yet: nothing to compare."
        return page.with_words(words), words
    tasks = list(dict.fromkeys(change.task for change in found))
    lines = {task: list(dict.fromkeys(c.line for c in found if c.task == task)) for task in tasks}
    left = max(width_of(line, 7.5) for names in lines.values() for line in names) / 72 + 0.35
    grid = Grid((_WIDTH,), tuple(max(_LINE * (len(lines[task]) + 1), 0.6) for task in tasks), left)
    page = replace(page, below=[f"Vertical line: {levels[0]}. {_BELOW}"], legend=_legend(levels[1:]))
    figure, panels = page.with_grid(grid)
    for axes, task in zip(panels, tasks, strict=True):
        metric = METRICS[table.loc[table["task"] == task, "metric"].iloc[0]]
        _panel(axes, [change for change in found if change.task == task], lines[task], levels[1:])
        unit = "points" if metric.percent else "%"
        better = "higher" if metric.higher else "lower"
        axes.set_title(f"{source_of(task).title}: {metric.label}, change in {unit} ({better} is better)")
    number = table[table["ours"].notna()].groupby(["task", "dataset"]).ngroups
    return figure, f"Change of each level against {levels[0]} per dataset; {number} datasets have runs."


def _panel(axes: Axes, found: list[Change], lines: list[str], levels: list[str]) -> None:
    axes.axvline(0, color=RULE, linewidth=0.8, zorder=0)
    for change in found:
        look = further_look(levels.index(change.level))
        spread = 0.5 / max(len(levels), 1)
        y = lines.index(change.line) + spread * (levels.index(change.level) - (len(levels) - 1) / 2)
        axes.plot([change.low, change.high], [y, y], color=look.colour, linewidth=1.2)
        face = "white" if change.published else look.colour
        axes.plot(
            [change.value], [y], look.marker, color=look.colour, markerfacecolor=face, markersize=MARKER - 1
        )
    axes.set_yticks(range(len(lines)), lines)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.margins(x=0.08)
    if any(change.low == change.high for change in found):  # a single number: no spread is known
        low, high = axes.get_xlim()
        axes.set_xlim(min(low, -_LEAST), max(high, _LEAST))


def _legend(levels: list[str]) -> list[Line2D]:
    dot: dict[str, Any] = {"linestyle": "", "markersize": MARKER - 1}
    looks = [(level, further_look(number)) for number, level in enumerate(levels)]
    entries = [Line2D([], [], color=one.colour, marker=one.marker, label=text, **dot) for text, one in looks]
    faces = {"our runs": FAINT, PUBLISHED: "white"}
    return entries + [
        Line2D([], [], color=FAINT, marker="o", markerfacecolor=face, label=label, **dot)
        for label, face in faces.items()
    ]
