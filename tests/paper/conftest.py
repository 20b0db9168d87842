"""The paper's tables with made-up values of runs, which are no results of anything."""

import pandas as pd
import pytest

from specar.config import parse_config
from specar.results.ledger import Ledger
from specar.tables import paper_cells

from ..tables.table_inputs import MadeUpPlan


def value(
    dataset, metric, mean, *, task="imputation", setting="", top=True, variant="", state="done", **other
):
    """A value of runs, of three seeds unless it says otherwise."""
    seeds = {"done": 3, "partial": 2}.get(state, 0)
    row = {
        "task": task, "dataset": dataset, "setting": setting, "top": top, "variant": variant,
        "metric": metric, "model": "specar", "protocol": "published", "ours": mean,
        "sd": 0.01 if seeds else None, "seeds": seeds, "state": state, "failed": (),
        "runs": tuple(f"{dataset}-seed{i}" for i in range(seeds)),
    }  # fmt: skip
    return {**row, **other}


@pytest.fixture
def make(monkeypatch):
    """Return functions that make a value, and a ledger of values; those of variants are of ablations."""

    def runs_of(*rows, reasons=None, models=None, **plan):
        table = pd.DataFrame(rows)
        of_variants = table[table["variant"] != ""].rename(columns={"variant": "level"})
        monkeypatch.setattr(paper_cells, "variant_cells", lambda plan: of_variants)
        made_up = MadeUpPlan(parse_config({"models": models or {}}), **plan)
        return Ledger(made_up, table[table["variant"] == ""], pd.DataFrame(), reasons or {})

    return value, runs_of
