"""What the figure of parameters against performance shows: points of our models, averages, printed ones."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from specar.figures.words import PROTOCOL
from specar.paper.numbers import OURS
from specar.paper.published import printed_datasets, published
from specar.paper.sources import AVERAGE
from specar.results.ledger import Ledger
from specar.results.parameters import CELL, parameters_of

_MODEL = ["model", "top"]


@dataclass(frozen=True)
class Point:
    """A model of ours on a dataset, ``name`` with its settings where they are only some, or on all of them.

    ``total`` and ``used`` are numbers of parameters, averaged over settings; ``used`` is None where no run is
    done. ``lowest`` and ``highest`` are of the totals of the datasets behind a mean, otherwise ``total``.
    ``value`` is the performance in the printed unit: ours if ``own``, else the one published of it.
    """

    model: str
    top: bool
    name: str
    total: float
    used: float | None
    lowest: float
    highest: float
    value: float
    own: bool

    @property
    def dataset(self) -> str:
        """The dataset; empty over all of them."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True)
class Found:
    """Points per dataset, and ``means`` over all of a model that has them all.

    ``known`` are the datasets of the paper that the parameters of a model are known of, by label, and
    ``problems`` why models cannot be built.
    """

    points: list[Point]
    means: list[Point]
    known: dict[str, set[str]]
    problems: dict[str, str]


def points_of(ledger: Ledger, task: str, metric: str) -> Found:
    """Return our models whose number of parameters is known, over the datasets and settings that are printed.

    With our results where there are any, for a mean where all are there; others with those published of them.
    """
    counts, printed = parameters_of(ledger.plan, task), _printed_settings(task, metric)
    failed = counts[counts["problem"] != ""]
    problems = dict(zip(failed["model"], failed["problem"], strict=True))
    in_paper = [setting in printed.get(dataset, ()) for dataset, setting in counts[CELL[:2]].to_numpy()]
    # Fitted models have no parameters to count.
    counts = counts[pd.Series(in_paper, counts.index, dtype=bool) & (counts["total"] > 0)]
    table = ledger.of(task).cells
    table = table[(table["protocol"] == PROTOCOL) & (table["metric"] == metric)]
    cells = table.merge(counts, on=CELL)
    cells = cells[cells["published"].notna() | cells["ours"].notna()]
    parts = cells.groupby(["dataset", *_MODEL], sort=False)
    points = [_of_dataset(rows, len(printed[str(name)])) for (name, *_), rows in parts]
    number = sum(map(len, printed.values()))
    models = [rows for _, rows in cells.groupby(_MODEL, sort=False) if len(rows) == number]
    means = [mean for mean in map(_over_datasets, models) if mean is not None]
    known = {str(label): set(rows["dataset"]) for label, rows in counts.groupby("model")}
    return Found(points, means, known, problems)


def _printed_settings(task: str, metric: str) -> dict[str, set[str]]:
    """Settings that are printed of SpecAR-Net, by dataset."""
    table = published(task)
    of_ours = (table["published_as"] == OURS) & (table["metric"] == metric)
    rows = table[of_ours & (table["setting"] != AVERAGE)]
    return {name: set(rows.loc[rows["dataset"] == name, "setting"]) for name in printed_datasets(task)}


def _of_dataset(rows: pd.DataFrame, number: int) -> Point:
    """Over the settings that are done, or all as published where none is."""
    done = rows[rows["ours"].notna()]
    kept = done if len(done) else rows
    only = f" {', '.join(kept['setting'])}" if len(kept) < number else ""
    return _point(kept, f"{rows['dataset'].iloc[0]}{only}", "ours" if len(done) else "published")


def _over_datasets(rows: pd.DataFrame) -> Point | None:
    """Over all datasets and settings; None where neither all of ours nor all published ones are there."""
    column = "ours" if rows["ours"].notna().all() else "published"
    if rows[column].isna().any():
        return None
    points = [_point(part, "", column) for _, part in rows.groupby("dataset")]
    first, number = points[0], len(points)
    totals, used = [point.total for point in points], [one.used for one in points if one.used is not None]
    mean_used = sum(used) / number if len(used) == number else None
    value = sum(point.value for point in points) / number
    ends = min(totals), max(totals)
    return Point(first.model, first.top, "", sum(totals) / number, mean_used, *ends, value, first.own)


def _point(rows: pd.DataFrame, name: str, column: str) -> Point:
    first, total = rows.iloc[0], float(rows["total"].mean())
    used = float(rows["used"].mean()) if rows["used"].notna().all() else None
    model, value = (str(first["model"]), bool(first["top"])), float(rows[column].mean())
    return Point(*model, name, total, used, total, total, value, column == "ours")
