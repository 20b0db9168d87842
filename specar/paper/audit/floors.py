"""Chance levels of a configuration's own records."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from specar.paper.audit.printed import Paper
from specar.runs.plan import Plan
from specar.runs.records import read_floor

_TASK = "anomaly_detection"


def with_floors(paper: Paper, plan: Plan) -> Paper:
    """Return the paper with random scores of the plan's floor records, where there are any.

    They replace those that come with the package; datasets without a record, or of which only a part is used,
    keep theirs.
    """
    measured = {}
    for name in plan.cells_of(_TASK):
        cell = plan.cell(name)
        record = None
        if cell.protocol == "published" and not plan.dataset(cell.dataset).caution:
            record = read_floor(plan.floor_file(name, "random"), plan.cell(name))
        if record and "f1" in record["metrics"]:
            f1 = f"{100 * record['metrics']['f1']:.2f}"
            measured[cell.dataset] = {
                "dataset": cell.dataset,
                "f1": f1,
                "measured": f"floor record of {name}",
            }
    known = paper.random_scores[~paper.random_scores["dataset"].isin(list(measured))]
    rows = pd.DataFrame(list(measured.values()), columns=known.columns)
    return replace(paper, random_scores=pd.concat([known, rows], ignore_index=True))
