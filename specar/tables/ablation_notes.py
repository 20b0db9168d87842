"""What stands above the table of an ablation."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from specar.paper.levels import published_best
from specar.paper.metrics import METRICS
from specar.paper.sources import setting_name
from specar.runs.plan import Plan
from specar.tables.changed import changed_settings


def notes_of(plan: Plan, name: str, table: pd.DataFrame) -> list[str]:
    """Return the sentences that introduce the table of an ablation."""
    ablation = plan.config.ablations[name]
    asked = table[table["run_ids"] != ""]
    done = asked[asked["seeds"] > 0]
    place = f" In the paper: {ablation.source}." if ablation.source else ""
    return [
        *([plan.config.note] if plan.config.note else []),
        f"{' '.join(ablation.question.split())}{place}",
        f"{len(done)} of {len(asked)} cells reproduced so far. {_what_is_equal(asked)}",
        *changed_settings(plan.config, ablation.entries),
        *_unit(table),
        *_stated_best(name, done),
    ]


def _what_is_equal(asked: pd.DataFrame) -> str:
    protocols = " and ".join(dict.fromkeys(asked["protocol"]))
    return (
        "Levels differ in nothing but what the columns say; their means are over the seeds that all levels "
        "with results share (where they share none, over all seeds, and none is the best). "
        f"Protocol: {protocols}."
    )


def _unit(table: pd.DataFrame) -> list[str]:
    percent = [METRICS[metric].label for metric in table["metric"].unique() if METRICS[metric].percent]
    return [f"In percent: {', '.join(percent)}."] if percent else []


def _stated_best(name: str, done: pd.DataFrame) -> Iterator[str]:
    """The paper's best level of each cell beside ours, where it prints no numbers."""
    for row in published_best(name).itertuples():
        cell = done[
            (done[["task", "dataset", "setting"]] == [row.task, row.dataset, row.setting]).all(axis=1)
        ]
        where = f"{row.dataset}, {setting_name(str(row.task))} {row.setting}"
        ours = [_own_best(rows) for _, rows in cell.groupby(["model", "metric"], sort=False)]
        own = f"; ours: {', '.join(ours)}" if ours else "; ours: not run"
        yield f"{where}: best level according to the paper {row.level}{own}."


def _own_best(rows: pd.DataFrame) -> str:
    """The level with the lowest error of one model and metric."""
    best = rows.sort_values("reproduced").to_dict("records")[0]
    which = f"{METRICS[best['metric']].label}, {best['model']}"
    return f"{best['level']} ({which}, of {len(rows)} levels)"
