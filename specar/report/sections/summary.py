"""The first screen: what was run, how much of the paper is there, and what is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import pandas as pd

from specar.report.context import Context
from specar.report.render import render
from specar.report.runs import Run
from specar.report.section import Section
from specar.tables.sources import source_of
from specar.tables.statistics import DONE, FAILED, NOT_REQUESTED, PARTIAL

_HEADER = [
    "Task",
    "Architecture",
    "Published cells",
    "Reproduced",
    "Some seeds only",
    "Failed",
    "Not done",
    "Not asked for",
]


@dataclass(frozen=True)
class WhatRan:
    """The finished runs: how many of how many, on what, and for how long."""

    total: int
    done: int
    cached: int
    failed: int
    seeds: list[int]
    devices: list[tuple[str, int, float]]

    @property
    def seconds(self) -> float:
        """Wall time of all finished runs, one after the other."""
        return sum(seconds for _, _, seconds in self.devices)


def build(context: Context) -> Section:
    """Return the section."""
    rows = [row for results in context.results.values() for row in _rows(results.task, results.table)]
    body = render(
        "summary.html.j2",
        ran=what_ran(list(context.runs.runs.values())),
        header=_HEADER,
        rows=rows,
        note=context.plan.config.note,
        remarks=context.plan.remarks,
    )
    return Section("summary", "Summary", body)


def what_ran(runs: list[Run]) -> WhatRan:
    """Count the runs of a plan."""
    done = [run for run in runs if run.record]
    seconds: dict[str, list[float]] = defaultdict(list)
    for run in done:
        seconds[run.device].append(run.seconds)
    states = Counter(run.status.state for run in runs)
    seeds = sorted({run.config.seed for run in done})
    devices = [(name, len(values), sum(values)) for name, values in seconds.items()]
    return WhatRan(len(runs), len(done), states["cached"], states["failed"], seeds, devices)


def _rows(task: str, table: pd.DataFrame) -> list[list[str]]:
    """Published cells by what became of them, a row per architecture."""
    cells = table[(table["protocol"] == "published") & table["published"].notna()]
    rows = []
    for architecture, part in cells.groupby("architecture", sort=False):
        states = part["state"]
        number = {name: int((states == name).sum()) for name in (DONE, PARTIAL, FAILED, NOT_REQUESTED)}
        some = int((part["reproduced"].notna() & (states == PARTIAL)).sum())
        rest = len(part) - number[DONE] - some - number[FAILED] - number[NOT_REQUESTED]
        counts = (len(part), number[DONE], some, number[FAILED], rest, number[NOT_REQUESTED])
        rows.append([source_of(task).title, str(architecture), *map(str, counts)])
    return rows
