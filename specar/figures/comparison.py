"""Published against our runs: the published cells of a task, or of all, that have runs."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D

from specar.figures.drawing import Drawing, Grid, Page
from specar.figures.panel import draw_points
from specar.figures.style import PANEL, WIDE_PANEL, entry, look_of
from specar.figures.words import (
    MEASURED,
    PROTOCOL,
    in_order,
    metric_label,
    notes,
    ours,
    short,
    variants,
    with_top,
)
from specar.paper.metrics import METRICS, margins_in_words
from specar.paper.sources import AVERAGE, source_of
from specar.results.ledger import Ledger
from specar.results.rows import FAILED, NOT_REQUESTED, PARTIAL
from specar.runs.plan import Plan

# Panels over all tasks: metrics that have the same tolerance.
_FAMILIES = {
    "MSE, MAE: long-term, imputation": ("mse", "mae"),
    "accuracy, anomaly detection (%)": ("accuracy", "precision", "recall", "f1"),
    "sMAPE of M4": ("smape",),
    "MASE, OWA of M4": ("mase", "owa"),
}


def draw(ledger: Ledger, task: str | None = None) -> Drawing:
    """Draw a panel per metric of a task, or per kind of metric over all tasks."""
    title = f"{source_of(task).title if task else 'All tasks'}: published against our runs"
    cells, plan = _cells(ledger, task), ledger.plan
    points = cells[cells["ours"].notna()]
    above = [MEASURED, *notes(plan), *_states(ledger, cells, task)]
    if points.empty:
        text = _empty(cells, task)
        return Drawing(Page(title, above).with_words(text), title, text)
    panels = {metric_label(metric): (metric,) for metric in cells["metric"].unique()} if task else _FAMILIES
    drawn = {name: of for name, of in panels.items() if task or points["metric"].isin(of).any()}
    if absent := [name for name in panels if name not in drawn]:
        above.append(f"No panel, as nothing is run that a number is printed for: {'; '.join(absent)}.")
    columns = len(drawn) if task else min(2, len(drawn))
    side = PANEL if len(drawn) > 1 else WIDE_PANEL
    page = Page(title, above, _below(plan, points), _legend(plan, points))
    figure, grid = page.with_grid(Grid((side,) * columns, (side,) * -(-len(drawn) // columns)))
    for spare in grid[len(drawn) :]:
        spare.remove()
    for number, (axes, (name, metrics)) in enumerate(zip(grid, drawn.items(), strict=False)):
        axes.set_title(name)
        axes.set_ylabel("" if number % columns else "our runs")
        draw_points(axes, plan.config, metrics[0], points[points["metric"].isin(metrics)])
    return Drawing(figure, title, _alt(plan, cells))


def _cells(ledger: Ledger, task: str | None) -> pd.DataFrame:
    """What can be in the figure: what the paper prints, by its protocol, with the names of points."""
    of = ledger.of(task).cells if task else ledger.cells
    cells = of[(of["protocol"] == PROTOCOL) & of["published"].notna()]
    places = cells[["task", "dataset", "setting"]].to_numpy()
    average = [setting == AVERAGE or name in source_of(of).aggregates for of, name, setting in places]
    other = ~cells["model"].isin(ours(ledger.plan))
    named = cells.assign(average=pd.Series(average, cells.index, dtype=bool), other=other)
    names = [_name(row, every=not task) for _, row in named.iterrows()]
    return named.assign(name=pd.Series(names, named.index, dtype=object))


def _name(row: pd.Series, every: bool) -> str:
    model = f"{row['model']}: " if row["other"] else ""
    dataset = "average" if row["dataset"] == AVERAGE else short(row["task"], row["dataset"])
    metric = METRICS[row["metric"]].label if every and row["metric"] not in ("smape", "accuracy") else ""
    return model + " ".join(word for word in (dataset, row["setting"], metric) if word)


def _states(ledger: Ledger, cells: pd.DataFrame, task: str | None) -> list[str]:
    """What is there of what is printed, of every model; and which models have no printed numbers."""
    rows = {label: cells[cells["model"] == label] for label in in_order(ledger.plan, cells["model"])}
    states = [f"Model {label}{_compared(of)}: {_counts(of)}." for label, of in rows.items()]
    runs = ledger.of(task).runs if task else ledger.runs
    if without := in_order(ledger.plan, set(runs.loc[runs["protocol"] == PROTOCOL, "model"]) - set(rows)):
        states.append(f"Left out, as the paper prints no numbers of it: {', '.join(without)}.")
    return states


def _compared(rows: pd.DataFrame) -> str:
    return f", compared with {rows['published_as'].iloc[0]}" if rows["other"].any() else ""


def _counts(cells: pd.DataFrame) -> str:
    """How many of a model's published cells have been run, and what became of the others."""
    known, state = cells["ours"].notna(), cells["state"]
    some = int((known & (state == PARTIAL)).sum())
    missing = {
        "failed": int((~known & (state == FAILED)).sum()),
        "asked for but not done yet": int((~known & ~state.isin([FAILED, NOT_REQUESTED])).sum()),
        "not asked for": int((state == NOT_REQUESTED).sum()),
    }
    rest = ", ".join(f"{number} {what}" for what, number in missing.items() if number)
    text = f"{int(known.sum())} of {len(cells)} published cells run so far"
    text += f", {some} of them without some of their seeds" if some else ""
    return text + (f"; {rest}" if rest else "")


def _empty(cells: pd.DataFrame, task: str | None) -> str:
    if cells.empty:
        of_task = " of this task" if task else ""
        return (
            f"Nothing to compare: this configuration has no runs{of_task} under the protocol of the paper "
            f"({PROTOCOL}) of a model that the paper prints."
        )
    if (cells["state"] == NOT_REQUESTED).all():
        return (
            "Nothing to compare: the paper prints no result for the datasets and settings of this "
            "configuration. Its results are in the tables, beside the naive floors."
        )
    return (
        "Nothing to compare yet: of the results that the paper prints and this configuration asks for, "
        "none has been run so far."
    )


def _below(plan: Plan, points: pd.DataFrame) -> list[str]:
    """What the signs of the figure mean, and what is to be known of datasets that are in it."""
    signs = [
        "Line: our mean equals published.",
        f"Shaded: within {margins_in_words(points['metric'].unique())} of published.",
        _error_bars(points["seeds"]),
        *(["Hollow: averages."] if points["average"].any() else []),
        "Named: points that lie farthest off.",
    ]
    remarks = {
        short(str(task), name): " ".join(text.split()).rstrip(".")
        for task, rows in points.groupby("task", sort=False)
        for name, text in plan.remarks_of(str(task)).items()
        if name in set(rows["dataset"])
    }
    return [" ".join(signs), *(f"{name}: {text}." for name, text in remarks.items())]


def _error_bars(seeds: pd.Series) -> str:
    low, high = int(seeds.min()), int(seeds.max())
    if high == 1:
        return "One seed per point, so no error bars."
    if low == 1:
        return f"Error bars: sample standard deviation over up to {high} seeds; one seed has none."
    return f"Error bars: sample standard deviation over {high if low == high else f'{low} to {high}'} seeds."


def _legend(plan: Plan, points: pd.DataFrame) -> list[Line2D]:
    """One entry per model, without and with TOP, of which there are points."""
    found = variants(plan, points[["model", "top"]].itertuples(index=False, name=None))
    words = {(label, top): with_top(top, *points["task"].unique()) for label, top in found}
    return [entry(f"{label}{words[label, top]}", look_of(plan.config, label, top)) for label, top in found]


def _alt(plan: Plan, cells: pd.DataFrame) -> str:
    parts = []
    for label in in_order(plan, cells["model"]):
        rows = cells[cells["model"] == label]
        done = rows[rows["ours"].notna()]
        percent = done.loc[done["deviation_unit"] == "percent", "deviation"].abs()
        middle = f", errors off by {percent.median():.1f} % in the median" if len(percent) else ""
        parts.append(f"{label}{_compared(rows)} {len(done)} of {len(rows)} cells{middle}")
    return f"Scatter plots of published results against our runs: {'; '.join(parts)}."
