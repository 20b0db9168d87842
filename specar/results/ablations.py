"""The results of an ablation: one row per level and cell, published beside our runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from specar.config.entries import Ablation
from specar.paper.counts import signs_of
from specar.paper.metrics import METRICS
from specar.paper.published import LEVEL_KEY, published_levels
from specar.paper.sources import AVERAGE
from specar.results.rows import CELL, FAILED, NOT_REQUESTED, ranked, run_rows, statistics
from specar.runs.plan import Plan

# Ablations whose levels are the variants of appendix Tables 1 to 4.
VARIANTS = ("backbone", "unified")
GROUP = ["level", *CELL]
COLUMNS = ["ablation", *GROUP, "published", "ours", "sd", "seeds", "shared", "state", "run_ids"]


def ablation_table(plan: Plan, name: str) -> pd.DataFrame:
    """Set the results of an ablation's runs beside the published ones.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of the configuration and in the printed unit. A joined dataset has a row per
        part. ``seeds`` counts the seeds behind ``ours``, those that the levels of a cell share (see
        `on_shared_seeds`). ``shared`` is false where they share none. ``state`` is as of
        `specar.results.ledger.Ledger`; ``run_ids`` are those of the requested runs, with spaces between.

    Raises
    ------
    SpecarError
        There is no such ablation, or its settings contradict each other.
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


def variant_cells(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return what was requested of appendix Tables 1 to 4 under the protocol ``published``.

    Rows of ``tables``, those of `VARIANTS` (see `ablation_table`), with ``runs`` and ``failed`` as of the
    ledger: ids behind ``ours``, and those of a cell of which none is done and at least one failed.
    """
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    asked = table[(table["state"] != NOT_REQUESTED) & (table["protocol"] == "published")]
    ids, none = asked["run_ids"].str.split().map(tuple), pd.Series([()] * len(asked), asked.index, object)
    done, failed = asked["seeds"] > 0, asked["state"] == FAILED
    return asked.assign(runs=ids.where(done, none), failed=ids.where(failed, none))


def _in_order(table: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    """Sort by level, then as the cells were asked for; metrics in the order of the tables."""
    keys = ["level", "task", "dataset", "setting", "protocol", "model", "top", "metric"]
    ranks = {column: ranked(table[column]) for column in keys}
    ranks |= {"level": ranked(levels), "metric": ranked(METRICS)}
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
    """Return one row per requested run of an ablation, part of a joined dataset, and metric: see `run_rows`.

    The level is in a further column.
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
    """Return which rows hold the best of all levels of their cell, in ``ours`` or ``published``.

    A cell with fewer than two levels has no best one, nor have levels that share no seed.
    """
    within = [c for c in ("task", "dataset", "setting", "metric", "protocol") if c in table]
    signed = pd.to_numeric(table[column], errors="coerce") * signs_of(table["metric"])
    if table["level"].nunique() > 1:  # cells differ in the axes of the model that the levels do not change
        within += [axis for axis in ("model", "top") if not _changed(table, axis)]
    groups = signed.groupby([table[name] for name in within], dropna=False)
    best = (signed == groups.transform("max")) & (groups.transform("count") > 1)
    if column == "ours":
        best &= table["shared"].groupby([table[name] for name in within], dropna=False).transform("all")
    return best


def _changed(table: pd.DataFrame, axis: str) -> bool:
    """Whether an axis has one value within every level, and another one between levels."""
    known = table[table["state"] != NOT_REQUESTED]
    per_level = known.groupby("level")[axis].nunique()
    return bool((per_level <= 1).all() and known[axis].nunique() > 1)
