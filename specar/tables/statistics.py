"""Mean, standard deviation and state of each cell, and of the averages over a dataset's settings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from specar.tables.published import AVERAGE

CELL = ["dataset", "setting", "top", "architecture", "protocol", "metric"]
_SERIES = [column for column in CELL if column != "setting"]

DONE, PARTIAL, MISSING, NOT_REQUESTED = "done", "partial", "missing", "not requested"


def cell_statistics(runs: pd.DataFrame) -> pd.DataFrame:
    """Return reproduced, sd, seeds, floor and state of every cell in the matrix."""
    cells = (
        runs.groupby(CELL, sort=False)
        .agg(
            reproduced=("value", "mean"),
            sd=("value", "std"),
            seeds=("value", "count"),
            floor=("floor", "first"),
            asked=("run_id", "size"),
        )
        .reset_index()
    )
    some = np.where(cells["seeds"] > 0, PARTIAL, MISSING)
    cells["state"] = np.where(cells["seeds"] == cells["asked"], DONE, some)
    return cells.drop(columns="asked")


def average_statistics(runs: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Return the same of the averages over the settings that the paper averages over.

    For a dataset that is not in the paper, these are all its settings in the matrix. Each seed is
    averaged by itself, so that sd is that of a seed's average. Unless every run that the average
    needs is done it stays empty: over fewer settings it would be another quantity.
    """
    rows = []
    for key, group in runs.groupby(_SERIES, sort=False):
        names: dict[str, Any] = dict(zip(_SERIES, key, strict=True))
        settings = _printed_settings(paper, names["dataset"]) or list(group["setting"].unique())
        rows.append({**names, "setting": AVERAGE, **_average(group, settings)})
    return pd.DataFrame(rows)


def _printed_settings(paper: pd.DataFrame, dataset: str) -> list[str]:
    settings = paper.loc[paper["dataset"] == dataset, "setting"].unique()
    return [setting for setting in settings if setting != AVERAGE]


def _average(group: pd.DataFrame, settings: list[str]) -> dict[str, Any]:
    needed = group[group["setting"].isin(settings)]
    asked = _seeds_by_setting(needed, "run_id", settings)
    values = _seeds_by_setting(needed, "value", settings)
    empty = {"reproduced": np.nan, "sd": np.nan, "seeds": 0, "floor": np.nan}
    if asked.empty or asked.isna().to_numpy().any():
        # This matrix can never fill the average: a setting, or a seed of one, is not in it.
        return {**empty, "state": NOT_REQUESTED}
    absent = values.isna().to_numpy()
    if absent.any():
        return {**empty, "state": MISSING if absent.all() else PARTIAL}
    per_seed = values.mean(axis=1)
    floors = needed.groupby("setting")["floor"].first()
    return {
        "reproduced": per_seed.mean(),
        "sd": per_seed.std(),
        "seeds": len(per_seed),
        "floor": floors.mean(skipna=False),
        "state": DONE,
    }


def _seeds_by_setting(runs: pd.DataFrame, column: str, settings: list[str]) -> pd.DataFrame:
    return runs.pivot(index="seed", columns="setting", values=column).reindex(columns=settings)
