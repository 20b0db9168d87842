"""Mean, standard deviation and state of each cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

CELL = ["dataset", "setting", "top", "model", "protocol", "metric"]

DONE, PARTIAL, FAILED, MISSING = "done", "partial", "failed", "missing"
NOT_REQUESTED = "not requested"


def cell_statistics(runs: pd.DataFrame) -> pd.DataFrame:
    """Return reproduced, sd, seeds, floors and state of every cell in the matrix."""
    floors = {str(name): (name, "first") for name in runs.columns if str(name).startswith("floor_")}
    cells = (
        runs.groupby(CELL, sort=False)
        .agg(
            reproduced=("value", "mean"),
            sd=("value", "std"),
            seeds=("value", "count"),
            asked=("run_id", "size"),
            failed=("failed", "any"),
            **floors,
        )
        .reset_index()
    )
    none = np.where(cells["failed"], FAILED, MISSING)
    some = np.where(cells["seeds"] > 0, PARTIAL, none)
    cells["state"] = np.where(cells["seeds"] == cells["asked"], DONE, some)
    return cells.drop(columns=["asked", "failed", "floor_weight"])
