"""Runs in a terminal: their state, and their metrics with the digits that the paper prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from specar.paper.metrics import METRICS
from specar.tables.table import Table, listed


class ListedRun(NamedTuple):
    """A run in a list: its metrics as recorded, empty where it is not done, and why not, if known."""

    name: str
    state: str
    metrics: dict[str, Any]
    reason: str


def runs_table(runs: Sequence[ListedRun]) -> Table:
    """Return runs in a table, a line each, with a column for every metric that one of them has."""
    metrics = list(dict.fromkeys(metric for run in runs for metric in run.metrics))
    some = any(run.reason for run in runs)
    rows = [
        [
            *(run.state, run.name, *(_printed(name, run.metrics.get(name)) for name in metrics)),
            *([run.reason] if some else []),
        ]
        for run in runs
    ]
    labels = [METRICS[name].label if name in METRICS else name for name in metrics]
    return listed("runs", "Runs", ["State", "Run", *labels, *(["Why"] if some else [])], rows, 2, ["Why"])


def _printed(name: str, value: float | None) -> str:
    if value is None:
        return ""
    metric = METRICS.get(name)
    return f"{value * metric.scale:.{metric.decimals}f}" if metric else f"{value:.3f}"
