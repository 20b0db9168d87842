"""Mean ranks of all models over the datasets of a task, from printed numbers and ours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from specar.judge.rank_tests import critical_difference, friedman, pairwise, ranks, smallest_p
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS, averages, cells_of
from specar.paper.sources import source_of

# The first of each is drawn. Precision and recall rank nothing by themselves.
METRICS_OF = {
    "long_term_forecast": ("mse", "mae"),
    "short_term_forecast": ("owa", "smape", "mase"),
    "imputation": ("mse", "mae"),
    "classification": ("accuracy",),
    "anomaly_detection": ("f1",),
}
ALL, UNSATURATED = "all", "not saturated"
COLUMNS = [
    *(
        "cells",
        "task",
        "top",
        "metric",
        "source_table",
        "datasets",
        "model",
        "origin",
        "mean_rank",
        "p",
        "p_holm",
    ),
    *("friedman_statistic", "friedman_p", "smallest_p", "critical_difference"),
]
PAIR_COLUMNS = ["cells", "task", "top", "metric", "source_table", "first", "second", "p", "p_holm"]


@dataclass(frozen=True)
class Ranking:
    """One ranking of models over datasets."""

    task: str
    top: bool
    metric: str
    table: str  # source_table of the published numbers
    scores: pd.DataFrame  # row per dataset, column per model: means over horizons or mask ratios
    own: tuple[str, ...] = ()  # columns that are our runs
    # Models of ours that lack a cell, with the number of cells that they have and need.
    left_out: tuple[tuple[str, int, int], ...] = ()
    cells: str = ALL

    @cached_property
    def mean_ranks(self) -> pd.Series[float]:
        """Mean rank of every model, the best first."""
        return ranks(self.scores, METRICS[self.metric].higher).mean().sort_values(kind="stable")

    @cached_property
    def friedman(self) -> tuple[float, float]:
        """Statistic and p value of Friedman's test."""
        return friedman(self.scores)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """All pairs, see `pairwise`."""
        return pairwise(self.scores)

    @cached_property
    def against_ours(self) -> pd.DataFrame:
        """Published SpecAR-Net against each other model, see `pairwise`."""
        return pairwise(self.scores, OURS)

    @property
    def critical_difference(self) -> float:
        """Nemenyi's."""
        return critical_difference(self.scores.shape[1], len(self.scores))

    @property
    def smallest_p(self) -> float:
        """Smallest corrected p value that a pair can reach."""
        return smallest_p(len(self.scores), len(self.pairs))

    @property
    def smallest_p_against(self) -> float:
        """Smallest corrected p value that SpecAR-Net against another model can reach."""
        return smallest_p(len(self.scores), len(self.against_ours))


def rankings(verdicts: pd.DataFrame, saturated: pd.DataFrame | None = None) -> list[Ranking]:
    """Return the rankings of all tasks of the paper, of every table of the appendix and metric.

    A label of SpecAR-Net in the plan's ``verdicts`` is a further model where all its cells are there; other
    models of the plan are not ranked. With ``saturated``, a table of cells, these are left out, and rankings
    over fewer than two datasets.
    """
    found = [
        _ranking(task, f"appendix:{number}", metric, verdicts, saturated)
        for task, metrics in METRICS_OF.items()
        for number in source_of(task).tables
        for metric in metrics
    ]
    return [ranking for ranking in found if len(ranking.scores) > 1]


def rank_table(found: list[Ranking]) -> pd.DataFrame:
    """Return the rankings as a table, a row per model: `COLUMNS`.

    ``origin`` is ``published`` or ``our runs``; ``p`` and ``p_holm`` are of the model against SpecAR-Net as
    published, corrected over these; ``smallest_p`` is the smallest that Holm's correction over all pairs
    can reach.
    """
    return pd.DataFrame([row for ranking in found for row in _rows(ranking)], columns=COLUMNS)


def pair_table(found: list[Ranking]) -> pd.DataFrame:
    """Return the tests of all pairs: `PAIR_COLUMNS`, corrected within each ranking."""
    tables = [ranking.pairs.assign(**_names(ranking)) for ranking in found]
    return pd.concat(tables, ignore_index=True)[PAIR_COLUMNS]


def _names(ranking: Ranking) -> dict[str, str | bool]:
    return {
        "cells": ranking.cells, "task": ranking.task, "top": ranking.top, "metric": ranking.metric,
        "source_table": ranking.table,
    }  # fmt: skip


def _rows(ranking: Ranking) -> list[dict[str, object]]:
    tests = ranking.against_ours
    tests = tests.set_index(tests["first"].where(tests["first"] != OURS, tests["second"]))
    common = {
        **_names(ranking),
        "datasets": len(ranking.scores),
        "friedman_statistic": ranking.friedman[0],
        "friedman_p": ranking.friedman[1],
        "smallest_p": ranking.smallest_p,
        "critical_difference": ranking.critical_difference,
    }
    return [
        {
            **common,
            "model": model,
            "origin": "our runs" if model in ranking.own else "published",
            "mean_rank": rank,
            "p": tests["p"].get(model),
            "p_holm": tests["p_holm"].get(model),
        }
        for model, rank in ranking.mean_ranks.items()
    ]


def _ranking(
    task: str, table: str, metric: str, verdicts: pd.DataFrame, saturated: pd.DataFrame | None
) -> Ranking:
    cells = cells_of(table)
    cells = cells[(cells["metric"] == metric) & ~averages(cells)]
    top, kept = bool(cells["top"].iloc[0]), ALL if saturated is None else UNSATURATED
    if saturated is not None:
        places = ["task", "dataset", "setting", "metric"]
        cells = cells[~cells.set_index(places).index.isin(saturated.set_index(places).index)]
    scores = cells.pivot_table(index="dataset", columns="model", values="number", aggfunc="mean", sort=False)
    needed = cells.loc[cells["model"] == OURS, ["dataset", "setting"]]
    own, left_out = _own(task, top, metric, needed, verdicts)
    scores = scores.join(own)
    return Ranking(task, top, metric, table, scores, tuple(map(str, own)), left_out, kept)


def _own(
    task: str, top: bool, metric: str, needed: pd.DataFrame, verdicts: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[tuple[str, int, int], ...]]:
    """Our scores, a column per model that has all cells, and the others."""
    rows = verdicts[(verdicts["published_as"] == OURS) & verdicts["ours"].notna()]
    rows = rows[(rows["task"] == task) & (rows["top"] == top) & (rows["metric"] == metric)]
    rows = rows.merge(needed, on=["dataset", "setting"])
    columns, left_out = {}, []
    for model, group in rows.groupby("model", sort=False):
        if len(group) == len(needed):
            columns[f"our runs ({model})"] = group.groupby("dataset")["ours"].mean()
        else:
            left_out.append((str(model), len(group), len(needed)))
    return pd.DataFrame(columns, index=needed["dataset"].unique()), tuple(left_out)


def drawn_ranking(rankings: list[Ranking], task: str) -> Ranking:
    """Return the ranking of a task that is drawn: its first metric, with TOP where the task has it."""
    of_metric = [one for one in rankings if one.task == task and one.metric == METRICS_OF[task][0]]
    return of_metric[-1]  # tables with TOP come last
