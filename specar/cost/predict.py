"""The time that runs take, from their work and the rates of a machine, and what is said of it."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from specar.base.errors import SpecarError
from specar.config import RunConfig
from specar.cost.examples import Examples, examples_of, read_meta
from specar.cost.rates import Load, Rates, classes, here, load
from specar.models.shape import Work
from specar.runs.plan import Plan

# Of a job: start of the process, imports, reading the data. An estimate, little beside most runs.
FIXED_SECONDS = 5.0
log = logging.getLogger(__name__)
_T = TypeVar("_T")


def loads_of(plan: Plan, runs: Mapping[str, RunConfig] | None = None) -> dict[str, Load]:
    """Return the loads of runs, by default those of the matrix, by run id, as `works_of`."""
    runs = plan.runs if runs is None else runs
    return {name: load_of(runs[name], *found) for name, found in works_of(plan, runs).items()}


def works_of(plan: Plan, runs: Mapping[str, RunConfig]) -> dict[str, tuple[Examples, Work]]:
    """Return the examples of runs and the work per example, by run id.

    A run is left out where the sizes of its dataset are not known, or what its model needs.
    """
    metas = {name: read_meta(plan.prepared / name) for name in {run.dataset for run in runs.values()}}
    works: dict[str, tuple[Examples, Work]] = {}
    known: dict[int, str] = {}  # by the model of a run, which is one object for all seeds (see `expand`)
    problems = set()
    for name, run in runs.items():
        if (first := known.setdefault(id(run.model), name)) != name:
            works |= {name: works[first]} if first in works else {}
            continue
        examples = examples_of(run, plan.dataset(run.dataset), metas[run.dataset])
        try:
            if examples is not None and (work := run.model.spec.work_of(run.model.settings, examples.shape)):
                works[name] = examples, work
        except SpecarError as error:
            problems.add(str(error))
    for problem in sorted(problems):
        log.warning("%s; its time is not told", problem)
    return works


def load_of(run: RunConfig, examples: Examples, work: Work) -> Load:
    """Return the load of a run that patience does not end before its last epoch."""
    epochs = run.training.epochs
    # Where the last partial batch is dropped, an epoch has one step less.
    steps = epochs * math.ceil(examples.train / run.training.batch_size)
    evaluated = epochs * examples.val + examples.test + examples.scored
    return load(work, epochs * examples.train, steps, evaluated)


def seconds_of(load: Load, rates: Rates) -> float:
    """Return the time of a run that patience does not end before its last epoch."""
    return rates.seconds(load) + FIXED_SECONDS


def fitting(priced: Iterable[tuple[_T, float]], hours: float) -> list[_T]:
    """Return what fits into ``hours``, one after the other, each with its seconds: the dearer give way."""
    chosen, left = [], 3600 * hours
    for one, seconds in priced:
        if seconds <= left:
            chosen.append(one)
            left -= seconds
    return chosen


def summary(plan: Plan, left: Mapping[str, float]) -> str:
    """Return how long all runs take and those that are left, a line per machine.

    ``left`` is the share of its epochs that each unfinished run still has before it, by run id.
    """
    loads, own = loads_of(plan), here()
    if not loads:
        return "\n".join(f"cost model: {line}" for line in unknown(plan, loads))
    lines = ["cost model, in fp32: one run after the other, to its last epoch; patience may end runs earlier"]
    for rates in [own] if own else classes():
        seconds = {name: seconds_of(load, rates) for name, load in loads.items()}
        rest = [seconds[name] * share for name, share in left.items() if name in seconds]
        whole = f"{duration(sum(seconds.values()))} for {len(seconds)} run{'s' * (len(seconds) != 1)}"
        part = f", {duration(sum(rest))} for the {len(rest)} left" if rest else ""
        lines.append(f"  {whole}{part}: {described(rates)}")
    if not own:
        lines.append("  'make bench' measures this machine")
    lines += [f"  {line}" for line in unknown(plan, loads)]
    return "\n".join(lines)


def unknown(plan: Plan, loads: Mapping[str, Load]) -> Iterator[str]:
    """Yield how many runs have no known cost, if there are any."""
    if number := len(plan.runs) - len(loads):
        runs = f"{number} run{'s' * (number != 1)}"
        yield f"without {runs} of a dataset of unknown sizes or of a model without 'work'"


def described(rates: Rates) -> str:
    """Return a machine, where its rates come from, and how well they fit."""
    text = f"{rates.device} ({rates.source}"
    if rates.median_error is not None and rates.largest_error is not None:
        fit = f"{rates.median_error:.0%} in the median, {rates.largest_error:.0%} at most"
        text += f"; error of the fit {fit}"
    return text + ")"


def duration(seconds: float) -> str:
    """Return a time in its two largest units."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days >= 100:
        return f"{days:,} d"
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join([part for part in parts if part][:2])
