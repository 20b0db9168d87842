"""How it was measured: what chance reaches by the same rules, and what selects the best epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.audit.finding import Finding, about
from specar.paper.audit.printed import Paper, grouped
from specar.paper.numbers import OURS
from specar.runs.plan import Plan
from specar.runs.records import read_floor

_ANOMALY = "anomaly_detection"
_SELECTED = {
    "classification": "the best epoch is the one with the highest test accuracy",
    "short_term_forecast": "the best epoch is the one with the lowest error on the test horizon",
}


def random_scores(paper: Paper) -> Iterator[Finding]:
    """Yield point-adjusted F1 scores that random scores beat."""
    scores = [cell for cell in paper.table("appendix:6") if cell.metric == "f1"]
    table = grouped(scores, lambda cell: cell.dataset)
    for row in paper.random_scores.itertuples():
        level, cells = float(str(row.f1)), table.get(str(row.dataset), [])
        below = sum(cell.number < level for cell in cells)
        for cell in cells:
            if cell.model == OURS and cell.number < level:
                why = (
                    f"random scores reach a point-adjusted F1 of {level:.2f} ({row.measured}), {OURS} has "
                    f"{cell.text}; {below} of the {len(cells)} printed models are below chance"
                )
                yield about(cell, "random_scores", f"{level:.2f} by chance", why)


def selection(paper: Paper) -> Iterator[Finding]:
    """Yield datasets whose best epoch is selected on the test part."""
    default = TASK_INFO[_ANOMALY].task_settings["val_from"]
    entries = _datasets(paper, _ANOMALY)
    settings = {name: entry.get("task_settings", {}) for name, entry in entries.items()}
    on_test = [name for name, given in settings.items() if given.get("val_from", default) == "test"]
    share = f"{len(on_test)} of {len(entries)} datasets validate on the test part"
    for task, names, how in (
        (_ANOMALY, on_test, f"{share}; the threshold also takes the test scores"),
        *((task, list(_datasets(paper, task)), how) for task, how in _SELECTED.items()),
    ):
        if names:
            why = (
                f"in the authors' code {how} ({', '.join(names)}), so that results are the best of all epochs"
            )
            place = ("release:code", task.replace("_", " "), "validation", "")
            yield Finding("selection", *place, "not stated", "test part", why)


def _datasets(paper: Paper, task: str) -> dict[str, Any]:
    return {name: entry for name, entry in paper.experiments.get(task, {}).items() if name != "any"}


def with_floors(paper: Paper, plan: Plan) -> Paper:
    """Return the paper with random scores of the plan's floor records, where there are any.

    They replace those that come with the package; datasets without a record, or of which only a part is used,
    keep theirs.
    """
    measured = {}
    for name in plan.cells_of(_ANOMALY):
        cell = plan.cell(name)
        record = None
        if cell.protocol == "published" and not plan.dataset(cell.dataset).caution:
            record = read_floor(plan.floor_file(name, "random"), cell)
        if record and "f1" in record["metrics"]:
            f1 = f"{100 * record['metrics']['f1']:.2f}"
            measured[cell.dataset] = (cell.dataset, f1, f"floor record of {name}")
    known = paper.random_scores[~paper.random_scores["dataset"].isin(list(measured))]
    rows = pd.DataFrame(list(measured.values()), columns=["dataset", "f1", "measured"])
    return replace(paper, random_scores=pd.concat([known, rows], ignore_index=True))
