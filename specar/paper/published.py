"""The paper's printed results and the authors' log, read from the package data."""

from __future__ import annotations

from functools import cache

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS, read_published
from specar.paper.sources import source_of

PRINTED = ["dataset", "setting", "top", "metric", "published_as"]


@cache
def _printed(task: str) -> pd.DataFrame:
    source, setting = source_of(task), TASK_INFO[task].setting
    table = read_published(task)
    table = table.rename(columns={"value": "published", "model": "published_as"})
    table["dataset"] = [
        name if name in source.aggregates else source.prefix + name for name in table[source.column]
    ]
    table["setting"] = table[setting] if setting else ""
    table["top"] = (table["top"] == "true" if "top" in table else False) & (table["published_as"] == OURS)
    return table


def _rows(task: str, *tables: str) -> pd.DataFrame:
    printed = _printed(task)
    rows = printed[printed["source_table"].isin(tables)]
    return rows[[*PRINTED, "published"]].drop_duplicates(PRINTED).reset_index(drop=True)


def published(task: str) -> pd.DataFrame:
    """Return SpecAR-Net's results as the appendix prints them, without and with TOP.

    Returns
    -------
    DataFrame
        ``dataset``, ``setting`` (text; ``avg`` for printed averages over settings, empty where the task
        has none), ``top``, ``metric`` and ``published`` (text, with the printed digits and in the
        printed unit). A row that was not printed is not there.
    """
    return _rows(task, *(f"appendix:{number}" for number in source_of(task).tables))


def main_paper_differences(task: str) -> pd.DataFrame:
    """Return the results that the main paper prints differently from the appendix.

    Returns
    -------
    DataFrame
        As `published`, with the main paper's number in a further column ``main``.
    """
    main = _rows(task, f"main:{source_of(task).main}").rename(columns={"published": "main"})
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

    Returns
    -------
    DataFrame
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
