"""The figure of an ablation: a curve per cell where levels are numbers, else differences from the first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from specar.figures.ablation_differences import differences
from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.style import FAINT, MARKER, RULE, SMALL_SIZE, look_of
from specar.figures.words import metric_label, notes, short, variants, with_top
from specar.paper.published import published_best
from specar.paper.sources import metrics_of, setting_name
from specar.runs.plan import Plan

_CELL = ["task", "dataset", "setting"]
_COLUMNS = 3
_WIDTH, _HEIGHT = 2.9, 2.0  # inches
_LEFT = 0.8
_LEAST = 0.05  # of the value to both sides, where no spread is known
_PUBLISHED: dict[str, Any] = {
    "color": FAINT, "marker": "o", "markersize": MARKER - 1.5, "markerfacecolor": "white",
    "linestyle": (0, (4, 2)), "linewidth": 1,
}  # fmt: skip


def draw(plan: Plan, name: str, table: pd.DataFrame, runs: pd.DataFrame) -> Drawing:
    """Draw an ablation from its ``table`` and ``runs``, those of `specar.results.ablations`."""
    ablation = plan.config.ablations[name]
    title = f"Ablation: {ablation.title}"
    above = [*notes(plan), " ".join(ablation.question.split())]
    primary = table[table["metric"] == table["task"].map(primary_metric)]
    known = primary[primary["ours"].notna() | primary["published"].notna()]
    if known.empty:
        words = "None of its runs is done yet, and the paper prints no numbers of it."
        return Drawing(Page(title, above).with_words(words), title, words)
    shown = primary.merge(known[["task", "dataset", "setting"]].drop_duplicates())
    page = Page(title, above)
    curves = bool(ablation.axis)
    figure, words = _curves(plan, name, shown, page) if curves else differences(plan, name, shown, runs, page)
    return Drawing(figure, title, f"{title}. {words}")


def primary_metric(task: str) -> str:
    """Return the metric that an ablation of a task is drawn in: its first, for anomaly detection F1."""
    metrics = metrics_of(task, "published")
    return "f1" if "f1" in metrics else next(iter(metrics))


def _curves(plan: Plan, name: str, table: pd.DataFrame, page: Page) -> tuple[Figure, str]:
    """Draw the rows of ``table``, all in the primary metric of their task; returns what it shows as well."""
    ablation = plan.config.ablations[name]
    levels = list(ablation.levels)
    cells = [rows for _, rows in table.groupby(_CELL, sort=False)]
    columns = min(_COLUMNS, len(cells))
    grid = Grid((_WIDTH,) * columns, (_HEIGHT,) * -(-len(cells) // columns), _LEFT, _LEFT)
    page = replace(page, below=_below(table), legend=_legend(plan, table))
    figure, panels = page.with_grid(grid)
    for axes in panels[len(cells) :]:
        axes.set_axis_off()
    best = published_best(name)
    for axes, rows in zip(panels, cells, strict=False):
        _panel(plan, axes, rows, levels)
        _mark_best(axes, rows, levels, best)
    for axes in panels[max(len(cells) - columns, 0) : len(cells)]:
        axes.set_xlabel(ablation.axis or "")
    done, asked = int(table["ours"].notna().sum()), int((table["run_ids"] != "").sum())
    words = f"Results over the {ablation.axis} in {len(cells)} panels, {done} of {asked} points run."
    return figure, words


def _panel(plan: Plan, axes: Axes, rows: pd.DataFrame, levels: list[str]) -> None:
    places = {level: place for place, level in enumerate(levels)}
    printed = rows.dropna(subset=["published"]).drop_duplicates("level")
    if not printed.empty:
        axes.plot(printed["level"].map(places), printed["published"], **_PUBLISHED)
    own = rows.dropna(subset=["ours"])
    for (model, top), line in own.groupby(["model", "top"], sort=False):
        look = look_of(plan.config, str(model), bool(top))
        x, y, sd = line["level"].map(places), line["ours"], line["sd"].fillna(0)
        axes.fill_between(x, y - sd, y + sd, color=look.colour, alpha=0.2, linewidth=0)
        axes.plot(
            x, y, color=look.colour, linewidth=1.2,
            marker=look.shape, markersize=MARKER, markeredgecolor="white",
        )  # fmt: skip
    task, dataset, setting = rows[_CELL].iloc[0]
    setting = f", {setting_name(task)} {setting}" if setting_name(task) else ""
    axes.set_title(short(task, dataset) + setting)
    axes.set_ylabel(metric_label(rows["metric"].iloc[0]))
    axes.set_xticks(range(len(levels)), levels)
    axes.set_xlim(-0.4, len(levels) - 0.6)
    axes.margins(y=0.15)
    widen(axes, rows)
    if len(own) and own["seeds"].max() == 1:
        axes.text(0.98, 0.03, "one seed", transform=axes.transAxes, ha="right", va="bottom", color=FAINT,
                  fontsize=SMALL_SIZE)  # fmt: skip


def widen(axes: Axes, rows: pd.DataFrame) -> None:
    """Let the value axis span at least the seeds' sd to both sides, or 5 % of the value where none is known.

    Less would make a valley of what noise does as well.
    """
    low, high = axes.get_ylim()
    middle, spread = (low + high) / 2, rows["sd"].max()
    half = max((high - low) / 2, spread if spread > 0 else _LEAST * abs(middle))
    axes.set_ylim(middle - half, middle + half)


def _mark_best(axes: Axes, rows: pd.DataFrame, levels: list[str], best: pd.DataFrame) -> None:
    """Mark the level that the paper calls best."""
    for stated in best[(best[_CELL] == rows[_CELL].iloc[0]).all(axis=1)]["level"]:
        if stated in levels:
            axes.axvline(levels.index(stated), color=RULE, linewidth=0.8, linestyle=":", zorder=0)
            axes.annotate(
                "best in the paper", (levels.index(stated), 1), xycoords=("data", "axes fraction"),
                xytext=(3, -2), textcoords="offset points", va="top", fontsize=SMALL_SIZE, color=FAINT,
                ha="left" if levels.index(stated) < len(levels) / 2 else "right",
            )  # fmt: skip


def _legend(plan: Plan, table: pd.DataFrame) -> list[Line2D]:
    own, entries = table.dropna(subset=["ours"]), []
    for label, top in variants(plan, own[["model", "top"]].itertuples(index=False, name=None)):
        text, look = f"our runs ({label}{with_top(top, *own['task'])})", look_of(plan.config, label, top)
        entries.append(Line2D([], [], color=look.colour, marker=look.shape, markeredgecolor="white",
                              markersize=MARKER, label=text))  # fmt: skip
    if table["published"].notna().any():
        entries.append(Line2D([], [], label="published", **_PUBLISHED))
    return entries


def _below(table: pd.DataFrame) -> list[str]:
    asked = table[table["run_ids"] != ""]
    missing = int(asked["ours"].isna().sum())
    seeds = asked.loc[asked["seeds"] > 0, "seeds"]
    bars = "One seed per point, so no band." if seeds.max() == 1 else (
        "Bands: sample standard deviation over seeds, where there are several."
    )  # fmt: skip
    missing_words = [f"{missing} of {len(asked)} points are not run yet."] if missing else []
    return [" ".join([*([bars] if len(seeds) else []), *missing_words, "Levels are equally spaced."])]
