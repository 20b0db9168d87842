"""Ledgers of made-up runs: the cells are those that the project makes of them."""

import numpy as np
import pandas as pd

from specar.paper.sources import baseline_labels, metrics_of
from specar.results.ledger import Ledger, cells_of
from specar.runs.store import plan_of_values

OURS = "SpecAR-Net"


def run(dataset, setting="", seed=1, values=None, *, task="imputation", top=False, model="specar", **other):
    """The rows of a run, one per metric; without ``values`` it is not done."""
    protocol = other.get("protocol", "published")
    run_id = "-".join(map(str, (task, dataset, setting, model, top, protocol, seed)))
    named = {"published_as": OURS, "protocol": protocol, "failed": False, "weight": 1.0, **other}
    floors = dict.fromkeys(baseline_labels(task), np.nan)
    return [
        {
            "run_id": run_id, "cell": f"{task}-{dataset}-{setting}", "task": task, "dataset": dataset,
            "setting": setting, "model": model, "top": top, "seed": seed, "metric": metric,
            "value": (values or {}).get(metric, np.nan), "floor_weight": np.nan, **named, **floors,
        }
        for metric in metrics_of(task, protocol)
    ]  # fmt: skip


def one(table, **where):
    """The one row of a table with these values."""
    rows = table
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, where
    return rows.iloc[0]


def ledger(rows, failed=None, plan=None):
    """A ledger of runs, of one task or several."""
    runs = pd.DataFrame(rows)
    cells = [cells_of(str(task), part) for task, part in runs.groupby("task", sort=False)]
    return Ledger(plan or plan_of_values({}), pd.concat(cells, ignore_index=True), runs, failed or {})
