"""The paper's tables with made-up reproduced values, which are no results of anything."""

import pandas as pd
import pytest

from specar.tables.reproduced import COLUMNS, Reproduced


def value(
    dataset, metric, mean, *, task="imputation", setting="", top="true", variant="", state="done", **other
):
    """A row of reproduced values, of three seeds unless it says otherwise."""
    seeds = {"done": 3, "partial": 2}.get(state, 0)
    row = {
        "task": task, "dataset": dataset, "setting": setting, "top": top, "variant": variant,
        "metric": metric,
        "architecture": "paper", "mean": mean, "sd": 0.01 if seeds else None, "seeds": seeds, "state": state,
        "runs": tuple(f"{dataset}-seed{i}" for i in range(seeds)), "failed": (),
    }  # fmt: skip
    return {**row, **other}


def reproduced(*rows, **other):
    return Reproduced(pd.DataFrame(rows, columns=COLUMNS), **other)


@pytest.fixture
def make():
    """Return functions that make a value and a set of them."""
    return value, reproduced
