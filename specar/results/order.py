"""Which runs to do next: the cheapest information first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from specar.config import RunConfig, RunKey, cell_id
from specar.cost.predict import fitting, loads_of, seconds_of
from specar.cost.rates import Rates, rates_of
from specar.paper.published import parts_of, published
from specar.paper.sources import SOURCES
from specar.results.rows import setting_label
from specar.runs.plan import Plan
from specar.runs.status import status_of

MIN_SEEDS = 3  # of two seeds no test can tell how far further ones would spread: no verdict
LEFT_OUT = ("running", "failed")


@dataclass(frozen=True)
class Next:
    """A run without a record: the predicted time that it still needs, and what it decides, in a word."""

    name: str
    seconds: float
    decides: str


@dataclass(frozen=True)
class Order:
    """Runs that are to be done, the first one first; how many others have no known cost, and what failed."""

    runs: list[Next]
    unknown: int
    failed: int

    def within(self, hours: float) -> list[Next]:
        """Return those that fit into ``hours``, one after the other: the dearer of them give way."""
        return fitting(((run, run.seconds) for run in self.runs), hours)


def in_order(plan: Plan, rates: Rates) -> Order:
    """Order the runs of a matrix that have no record, and are neither running nor failed.

    First those that complete a verdict: the third seed of a cell with two. Then one seed of every cell before
    the second; among these, cells with a published number before others, and cheap before dear.
    """
    status = {name: status_of(plan, name) for name in plan.runs}
    loads, ranks = loads_of(plan), []
    for cell in _cells(plan).values():
        done = sum(status[name].is_done for name in cell)
        todo = [name for name in cell if not status[name].is_done and status[name].state not in LEFT_OUT]
        for seeds, name in enumerate(todo, start=done):
            if name in loads:
                run, waits = plan.runs[name], is_published(plan, plan.runs[name])
                left = 1 - min(status[name].epoch / run.training.epochs, 1)
                seconds = left * seconds_of(loads[name], rates)
                completes = waits and done == seeds == MIN_SEEDS - 1
                decides = _decides(seeds) if waits else "a number, none is published"
                ranks.append(((not completes, seeds, not waits, seconds), Next(name, seconds, decides)))
    ordered = [run for _, run in sorted(ranks, key=lambda pair: pair[0])]
    unknown = sum(
        name not in loads and not one.is_done and one.state != "failed" for name, one in status.items()
    )
    return Order(ordered, unknown, sum(one.state == "failed" for one in status.values()))


def _cells(plan: Plan) -> dict[RunKey, list[str]]:
    """Runs that differ in their seed only."""
    cells: dict[RunKey, list[str]] = defaultdict(list)
    for name, run in plan.runs.items():
        cells[run.key._replace(seed=0)].append(name)
    return cells


def _decides(seeds: int) -> str:
    words = {0: "inside or outside the margin", 1: "spread", MIN_SEEDS - 1: "verdict"}
    return words.get(seeds, "a narrower interval")


def is_published(plan: Plan, run: RunConfig) -> bool:
    """Whether a verdict waits for a run: its cell, or an average that it is part of, is printed."""
    key = run.key
    setting = "" if key.setting is None else setting_label(key.setting)
    name = plan.config.models[key.model].published_as
    place = (key.dataset, setting, key.top, name)
    return key.protocol == "published" and place in _published_places(key.task)


@cache
def _published_places(task: str) -> frozenset[tuple[str, str, bool, str]]:
    table = published(task)[["dataset", "setting", "top", "published_as"]]
    places = {(str(a), str(b), bool(c), str(d)) for a, b, c, d in table.itertuples(index=False)}
    parts = {name: parts_of(task, name) for name in SOURCES[task].aggregates}
    return frozenset(places | {(p, s, t, m) for d, s, t, m in places for p in parts.get(d, ())})


def files_within_budget(plan: Plan) -> frozenset[Path]:
    """Return the records of the runs that fit into ``budget_hours``, and the floors of their cells."""
    names = [run.name for run in in_order(plan, rates_of()).within(plan.config.budget_hours or 0)]
    cells = {cell_id(plan.runs[name].cell) for name in names}
    floors = [path for cell in cells for path in plan.own_floor_files(cell)]
    return frozenset([*map(plan.own_record_file, names), *floors])


def priorities(plan: Plan) -> dict[str, int]:
    """Return the priority of each run that is to be done: the highest is that of the first."""
    runs = in_order(plan, rates_of()).runs
    return {run.name: len(runs) - place for place, run in enumerate(runs)}
