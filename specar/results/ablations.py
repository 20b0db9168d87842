"""The results of an ablation: one row per level and cell, published beside reproduced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from specar.config.entries import Ablation
from specar.paper.metrics import METRICS
from specar.paper.published import LEVEL_KEY, published_levels
from specar.paper.sources import AVERAGE
from specar.results.rows import CELL, FAILED, NOT_REQUESTED, ranked, run_rows, statistics
from specar.runs.plan import Plan

# Ablations whose levels are the variants of appendix Tables 1 to 4.
VARIANTS = ("backbone", "unified")
GROUP = ["level", *CELL]
COLUMNS = ["ablation", *GROUP, "published", "reproduced", "sd", "seeds", "shared", "state", "run_ids"]


def ablation_table(plan: Plan, name: str) -> pd.DataFrame:
    """Set the results of an ablation's runs beside the published ones.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of the configuration and in the printed unit. A joined dataset has a row per
        part. ``seeds`` counts the seeds behind ``reproduced``, those that the levels of a cell share (see
        `on_shared_seeds`); ``sd`` is their sample standard deviation. ``shared`` is false where they share
        none. ``state`` is as of `specar.results.ledger.Ledger`; ``run_ids`` are those of the requested runs,
        with spaces between.

    Raises
    ------
    SpecarError
        There is no such ablation, its settings contradict each other, or a record is damaged.
    """
    printed = _published(plan, name)
    runs = on_shared_seeds(ablation_runs(plan, name), plan.config.ablations[name])
    rows = pd.concat([runs, *_averages(runs, printed)], ignore_index=True)
    cells = statistics(rows, GROUP, shared=("shared", "all"), run_ids=("run_id", " ".join))
    only_printed = printed.merge(cells[LEVEL_KEY].drop_duplicates(), how="left", on=LEVEL_KEY, indicator=True)
    table = cells.merge(printed, how="left", on=LEVEL_KEY)
    table = pd.concat([table, only_printed[only_printed["_merge"] == "left_only"].drop(columns="_merge")])
    table["state"] = table["state"].fillna(NOT_REQUESTED)
    table["seeds"] = table["seeds"].fillna(0).astype(int)
    table["shared"] = table["shared"].eq(True)
    text = [column for column in [*GROUP, "run_ids"] if column != "top"]
    table[text] = table[text].fillna("")
    return _in_order(table.assign(ablation=name), list(plan.config.ablations[name].levels))[COLUMNS]


def variant_cells(plan: Plan) -> pd.DataFrame:
    """Return what was requested of appendix Tables 1 to 4 under the protocol ``published``.

    Rows of `ablation_table`, with ``runs`` and ``failed`` as of the ledger: ids behind ``reproduced``, and
    those of a cell of which none is done and at least one failed.
    """
    tables = [ablation_table(plan, name) for name in VARIANTS if plan.has_ablation(name)]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    asked = table[(table["state"] != NOT_REQUESTED) & (table["protocol"] == "published")]
    ids = [tuple(text.split()) for text in asked["run_ids"]]
    return asked.assign(runs=_where(asked["seeds"] > 0, ids), failed=_where(asked["state"] == FAILED, ids))


def _where(chosen: pd.Series, ids: list[Any]) -> pd.Series:
    kept: list[Any] = [own if here else () for own, here in zip(ids, chosen, strict=True)]
    return pd.Series(kept, chosen.index, dtype=object)


def _in_order(table: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    """Sort by level, then as the cells were asked for; metrics in the order of the tables."""
    ranks = {"level": ranked(levels), "metric": ranked(METRICS)}
    for column in ("task", "dataset", "setting", "top", "model", "protocol"):
        ranks[column] = ranked(table[column])
    keys = ["level", "task", "dataset", "setting", "protocol", "model", "top", "metric"]
    ranks["dataset"][AVERAGE] = len(table)
    return table.sort_values(keys, key=lambda column: column.map(ranks[str(column.name)]), ignore_index=True)


def _averages(runs: pd.DataFrame, printed: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Averages over datasets where the paper prints them, per seed and of the runs of all its datasets."""
    keys = [column for column in [*GROUP, "seed"] if column != "dataset"]
    for (task, metric), rows in printed[printed["dataset"] == AVERAGE].groupby(["task", "metric"]):
        parts = set(printed.loc[printed["task"] == task, "dataset"]) - {AVERAGE}
        own = runs[(runs["task"] == task) & (runs["metric"] == metric) & runs["dataset"].isin(parts)]
        groups = own[own["level"].isin(rows["level"])].groupby(keys, sort=False)
        complete = groups.agg(
            number=("dataset", "nunique"),
            value=("value", lambda values: values.mean(skipna=False)),
            run_id=("run_id", " ".join),
            failed=("failed", "any"),
            shared=("shared", "all"),
        ).reset_index()
        complete = complete[complete["number"] == len(parts)].drop(columns="number")
        if len(complete):
            yield complete.assign(dataset=AVERAGE)


def ablation_runs(plan: Plan, name: str) -> pd.DataFrame:
    """Return one row per requested run of an ablation (and part of a joined dataset) and metric.

    Returns
    -------
    DataFrame
        `GROUP`, ``run_id``, ``seed``, ``value`` (in the printed unit; NaN where there is none) and
        ``failed``, whether the run failed and has no result.
    """
    levels = plan.levels_of(name).items()
    rows = [run_rows(plan, runs, by_part=True).assign(level=level) for level, runs in levels]
    return pd.concat(rows, ignore_index=True)


def on_shared_seeds(runs: pd.DataFrame, ablation: Ablation) -> pd.DataFrame:
    """Take the value from runs whose seed is not done at every level of their cell that has any.

    Seeds often differ by more than levels do, so that means over different seeds would compare the seeds.
    Where the levels of a cell share no seed, all values stay and the new column ``shared`` is false.
    """
    levels = ablation.levels.values()
    changed = {"model"} if any(level.models is not None for level in levels) else set()
    changed |= {"top"} if any(level.top is not None for level in levels) else set()
    cell = [column for column in CELL if column not in changed]
    done = runs[runs["value"].notna()]
    started = done.groupby(cell, sort=False)["level"].transform("nunique")
    having = done.groupby([*cell, "seed"], sort=False)["level"].transform("nunique")
    shared = having == started
    none = ~shared.groupby([done[column] for column in cell], sort=False).transform("any")
    kept = (shared | none).reindex(runs.index, fill_value=False)
    without = none.reindex(runs.index, fill_value=False)
    return runs.assign(value=runs["value"].where(kept), shared=~without)


def _published(plan: Plan, name: str) -> pd.DataFrame:
    """Printed rows of the levels that the configuration has."""
    printed = published_levels(name)
    return printed[printed["level"].isin(list(plan.config.ablations[name].levels))]


def best_levels(table: pd.DataFrame, column: str) -> pd.Series:
    """Return which rows hold the best of all levels of their cell, in ``reproduced`` or ``published``.

    A cell with fewer than two levels has no best one, nor have levels that share no seed.
    """
    within = [c for c in ("task", "dataset", "setting", "metric", "protocol") if c in table]
    values = pd.to_numeric(table[column], errors="coerce")
    higher = table["metric"].map({name: metric.higher for name, metric in METRICS.items()}).astype(bool)
    sign = values.where(~higher, -values)
    keys = [table[c] for c in [*within, *_kept_axes(table)]]
    best = sign.groupby(keys, dropna=False).transform("min")
    enough = sign.groupby(keys, dropna=False).transform("count") > 1
    fair = table["shared"].groupby(keys, dropna=False).transform("all") if column == "reproduced" else True
    return (sign == best) & enough & fair


def _kept_axes(table: pd.DataFrame) -> list[str]:
    """Axes of the model that the levels do not change: cells differ in them."""
    levels = table["level"].nunique()
    return [axis for axis in ("model", "top") if levels > 1 and not _changed(table, axis)]


def _changed(table: pd.DataFrame, axis: str) -> bool:
    """Whether an axis has one value within every level, and another one between levels."""
    known = table[table["state"] != NOT_REQUESTED]
    per_level = known.groupby("level")[axis].nunique()
    return bool((per_level <= 1).all() and known[axis].nunique() > 1)
