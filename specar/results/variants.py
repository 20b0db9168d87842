"""Results of the ablations that the paper prints as tables, in the keys of the printed numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from specar.results.ablations import ablation_table
from specar.runs.plan import Plan
from specar.results.rows import FAILED, NOT_REQUESTED

# Ablations whose levels are the variants of appendix Tables 1 to 4.
PRINTED = ("backbone", "unified")
COLUMNS = [
    *("task", "dataset", "setting", "variant", "metric", "label"),
    *("mean", "sd", "seeds", "state", "runs", "failed"),
]


def variant_values(plan: Plan) -> pd.DataFrame:
    """Return what was reproduced of appendix Tables 1 to 4.

    Returns
    -------
    DataFrame
        `COLUMNS`: a row per requested cell of the protocol ``published``, in the printed unit of our tables
        (percent). ``runs`` and ``failed`` are tuples of run ids: those behind ``mean``, and those requested
        where none is done and at least one failed.

    Raises
    ------
    SpecarError
        A record is damaged.
    """
    names = [name for name in PRINTED if plan.has_ablation(name)]
    tables = [_values(ablation_table(plan, name)) for name in names]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _values(table: pd.DataFrame) -> pd.DataFrame:
    asked = table[(table["state"] != NOT_REQUESTED) & (table["protocol"] == "published")]
    ids: list[Any] = [tuple(text.split()) for text in asked["run_ids"]]
    runs = pd.Series(ids, index=asked.index, dtype=object)
    none = pd.Series([()] * len(asked), index=asked.index, dtype=object)
    is_failed = asked["state"] == FAILED
    named = asked.rename(columns={"level": "variant", "reproduced": "mean", "model": "label"})
    return named.assign(runs=runs.where(asked["seeds"] > 0, none), failed=runs.where(is_failed, none))[
        COLUMNS
    ]
