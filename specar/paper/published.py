"""The paper's printed results, of its ablations as well, and the authors' log, read from the package data."""

from __future__ import annotations

from functools import cache

import pandas as pd

from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS, cells_of, figure_numbers, model_of, read_published
from specar.paper.sources import source_of

PRINTED = ["dataset", "setting", "top", "metric", "published_as"]
LEVEL_KEY = ["level", "task", "dataset", "setting", "metric"]
_LEVELS = {"backbone": ("appendix:1", "appendix:2", "appendix:3"), "unified": ("appendix:4",)}


@cache
def _rows(*tables: str) -> pd.DataFrame:
    rows = cells_of(*tables).rename(columns={"value": "published", "model": "published_as"})
    model = rows["published_as"].map(model_of)
    rows = rows.assign(top=rows["top"] & (model == OURS), published_as=model)
    return rows[[*PRINTED, "published"]].drop_duplicates(PRINTED).reset_index(drop=True)


def published(task: str) -> pd.DataFrame:
    """Return the results of all models as the appendix prints them, SpecAR-Net's without and with TOP.

    `PRINTED` (``top`` is bool, false for the other models; ``published_as`` is what the paper calls the
    model) and ``published``: text, with the printed digits and in the printed unit. The other models stand in
    two tables: theirs is the number of the first, of the second where the first lacks it.
    """
    return _rows(*(f"appendix:{number}" for number in source_of(task).tables))


def main_paper_differences(task: str) -> pd.DataFrame:
    """Return what the main paper prints differently: as `published`, with its number as ``main``."""
    main = _rows(f"main:{source_of(task).main}").rename(columns={"published": "main"})
    both = published(task).merge(main[main["published_as"] == OURS], on=PRINTED)
    # As numbers: 0.97 and 0.970 are the same result.
    return both[both["published"].astype(float) != both["main"].astype(float)].reset_index(drop=True)


def printed_datasets(task: str) -> list[str]:
    """Return the datasets that the paper prints, without aggregates, in its order."""
    aggregates = source_of(task).aggregates
    names = published(task).query("published_as == @OURS")["dataset"].unique()
    return [name for name in names if name not in aggregates]


def parts_of(task: str, aggregate: str) -> list[str]:
    """Return the datasets that an aggregate is taken over."""
    return list(source_of(task).aggregates[aggregate]) or printed_datasets(task)


def released_log(task: str) -> pd.DataFrame:
    """Return the results in the authors' log of a task that has one, in the printed unit.

    ``dataset``, ``metric`` and ``released_log``, with the aggregates.
    """
    name = source_of(task).log
    if name is None:
        return pd.DataFrame({"dataset": [], "metric": [], "released_log": []})
    table = read_published(name).rename(columns={"value": "released_log"})
    scale = table["metric"].map({name: metric.scale for name, metric in METRICS.items()})
    table["released_log"] = table["released_log"].astype(float) * scale
    averages = [
        _complete(table, parts_of(task, aggregate)).assign(dataset=aggregate)
        for aggregate in source_of(task).aggregates
    ]
    return pd.concat([table, *averages], ignore_index=True)


def _complete(table: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    wide = table.pivot(index="metric", columns="dataset", values="released_log").reindex(columns=parts)
    return wide.mean(axis=1, skipna=False).rename("released_log").reset_index()


def published_levels(name: str) -> pd.DataFrame:
    """Return the printed results of SpecAR-Net in an ablation; none for one that is not in the paper.

    `LEVEL_KEY` (text) and ``published`` (float), in the unit of the main tables: percent, where appendix
    Tables 2 and 3 and appendix Figure 1 have fractions. Hop lengths are read off the plot.
    """
    table = figure_numbers() if name == "hop" else cells_of(*_LEVELS.get(name, ()))
    table = table[table["model"] == OURS].rename(columns={"variant": "level", "number": "published"})
    return table[[*LEVEL_KEY, "published"]].reset_index(drop=True)


def published_best(name: str) -> pd.DataFrame:
    """Return which level the paper calls best where it prints no numbers: the windows of Figure 5.

    ``task``, ``dataset``, ``setting`` and ``level``, all text.
    """
    columns = ["task", "dataset", "setting", "level"]
    if name != "window":
        return pd.DataFrame(columns=columns)
    stated = read_published("window_length").rename(columns={"horizon": "setting", "best_window": "level"})
    return stated.assign(task="long_term_forecast")[columns]
