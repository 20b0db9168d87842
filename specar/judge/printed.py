"""Printed numbers, named as the runs of the project are."""

from __future__ import annotations

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.numbers import printed_numbers
from specar.paper.sources import AVERAGE, source_of


def averages(cells: pd.DataFrame) -> pd.Series[bool]:
    """Return which cells are averages over settings or datasets."""
    over_sets = [
        dataset in source_of(task).aggregates
        for task, dataset in zip(cells["task"], cells["dataset"], strict=True)
    ]
    return (cells["setting"] == AVERAGE) | pd.Series(over_sets, index=cells.index)


def printed_cells(table: str) -> pd.DataFrame:
    """Return the rows of a table of the paper (``source_table`` of `printed_numbers`).

    Datasets and settings have the names that the project's tables use, ``top`` is always said, and fractions
    are percent.
    """
    printed = printed_numbers()
    rows = printed[printed["source_table"] == table]
    if table == "main:2":  # "ILI avg" there is an average over settings, "UEA avg" one over datasets
        words = rows["dataset"].str.split(" ")
        over_settings = rows["task"].map(lambda task: TASK_INFO[task].setting is not None)
        rows = rows.assign(
            dataset=words.str[0].where(over_settings, words.str[-1]),
            setting=words.str[-1].where(over_settings, ""),
        )
    fractions = table in ("appendix:2", "appendix:3")
    return named(rows.assign(number=rows["number"] * (100 if fractions else 1)))


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the project's names of datasets, and with or without TOP said."""
    # Where the paper does not say it, the numbers are those with TOP, of tasks that have it.
    default = rows["task"].map(lambda task: str(TASK_INFO[task].top).lower())
    names = [
        dataset if dataset in source_of(task).aggregates else source_of(task).prefix + dataset
        for task, dataset in zip(rows["task"], rows["dataset"], strict=True)
    ]
    return rows.assign(top=rows["top"].where(rows["top"] != "", default), dataset=names)
