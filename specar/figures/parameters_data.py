"""What the figure of parameters against performance shows: points of our models, averages, printed ones."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from specar.figures.plan_request import PaperResults
from specar.figures.words import PROTOCOL
from specar.paper.metrics import METRICS
from specar.paper.numbers import printed_numbers
from specar.paper.published import printed_datasets
from specar.paper.sources import AVERAGE, source_of
from specar.results.inputs import setting_label
from specar.results.parameters import parameters_of

_MODEL = ["model", "top"]


@dataclass(frozen=True)
class Point:
    """A model of ours on a dataset, or the mean of all of them.

    Attributes
    ----------
    model, top
        Which model.
    name
        Dataset, with its settings where they are only some; empty for the mean over datasets.
    total, used
        Numbers of parameters, averaged over settings; ``used`` is None where no run is done.
    lowest, highest
        Of the totals of the datasets behind a mean; otherwise ``total``.
    value
        Performance, in the printed unit.
    reproduced
        Whether ``value`` is ours; otherwise it is SpecAR-Net's published one.
    """

    model: str
    top: bool
    name: str
    total: float
    used: float | None
    lowest: float
    highest: float
    value: float
    reproduced: bool


def points_of(results: PaperResults, task: str, metric: str) -> tuple[list[Point], list[Point]]:
    """Return our models whose number of parameters is known, a point per dataset of the paper and model.

    Returns
    -------
    tuple
        The points of every dataset, with our results where there are any; and the means over all datasets
        of every model that has them all, with our results where all are there. Others have the published
        results of SpecAR-Net.
    """
    counts = parameters_of(results.plan, task)
    labels = ["" if pd.isna(one) else setting_label(one) for one in counts["setting"]]
    counts["setting"] = pd.Series(labels, counts.index, dtype=object)  # an empty list would become numbers
    table = results.of(task).table
    table = table[(table["protocol"] == PROTOCOL) & (table["metric"] == metric)]
    cells = table.merge(counts.dropna(subset="total"), on=["dataset", "setting", *_MODEL])
    cells = cells[cells["published"].notna() & (cells["setting"] != AVERAGE)]
    points = [_of_dataset(rows) for _, rows in cells.groupby(["dataset", *_MODEL], sort=False)]
    needed = set(printed_datasets(task))
    models = [rows for _, rows in cells.groupby(_MODEL, sort=False) if set(rows["dataset"]) >= needed]
    return points, [_over_datasets(rows) for rows in models]


def _of_dataset(rows: pd.DataFrame) -> Point:
    """Over the settings that are done, or all as published where none is."""
    done = rows[rows["reproduced"].notna()]
    kept = done if len(done) else rows
    only = f" {', '.join(kept['setting'])}" if len(kept) < len(rows) else ""
    return _point(kept, f"{rows['dataset'].iloc[0]}{only}", "reproduced" if len(done) else "published")


def _over_datasets(rows: pd.DataFrame) -> Point:
    """Over all datasets, each over all its settings."""
    column = "reproduced" if rows["reproduced"].notna().all() else "published"
    of_dataset = [_point(part, "", column) for _, part in rows.groupby("dataset")]
    return _mean(of_dataset)


def _point(rows: pd.DataFrame, name: str, column: str) -> Point:
    first, total = rows.iloc[0], float(rows["total"].mean())
    used = float(rows["used"].mean()) if rows["used"].notna().all() else None
    value = float(rows[column].mean())
    model = str(first["model"]), bool(first["top"])
    return Point(*model, name, total, used, total, total, value, column == "reproduced")


def _mean(points: list[Point]) -> Point:
    first, number = points[0], len(points)
    totals = [point.total for point in points]
    used = [point.used for point in points if point.used is not None]
    return Point(
        first.model,
        first.top,
        "",
        sum(totals) / number,
        sum(used) / number if len(used) == number else None,
        min(totals),
        max(totals),
        sum(point.value for point in points) / number,
        first.reproduced,
    )


def printed_averages(task: str, metric: str) -> pd.Series:
    """Return the mean over the paper's datasets of every model, as printed in the last appendix table."""
    numbers = printed_numbers()
    table = f"appendix:{source_of(task).tables[-1]}"
    rows = numbers[(numbers["source_table"] == table) & (numbers["metric"] == metric)]
    has_settings = bool((rows["setting"] == AVERAGE).any())
    rows = rows[(rows["setting"] == AVERAGE) if has_settings else (rows["dataset"] != AVERAGE)]
    means = rows.pivot(index="model", columns="dataset", values="number").mean(axis=1, skipna=False)
    return means.dropna().sort_values(ascending=not METRICS[metric].higher)
