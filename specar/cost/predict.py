"""The time that runs take, from their work and the rates of a machine."""

from __future__ import annotations

import logging
import math

from specar.base.errors import SpecarError
from specar.config import RunConfig
from specar.cost.examples import Examples, examples_of, read_meta
from specar.cost.rates import Load, Rates, evaluation, training
from specar.models.shape import Work
from specar.runs.plan import Plan

# Of a job: start of the process, imports, reading the data. An estimate, little beside most runs.
FIXED_SECONDS = 5.0
log = logging.getLogger(__name__)


def loads_of(plan: Plan) -> dict[str, Load]:
    """Return the loads of the runs of a matrix, by run id.

    A run is left out where the sizes of its dataset are not known, or what its model needs.
    """
    metas = {name: read_meta(plan.prepared / name) for name in plan.datasets}
    loads, problems = {}, set()
    for name, run in plan.runs.items():
        examples = examples_of(run, plan.dataset(run.dataset), metas[run.dataset])
        try:
            if examples is not None and (work := run.model.spec.work_of(run.model.settings, examples.shape)):
                loads[name] = load_of(run, examples, work)
        except SpecarError as error:
            problems.add(str(error))
    for problem in sorted(problems):
        log.warning("%s; its time is not told", problem)
    return loads


def load_of(run: RunConfig, examples: Examples, work: Work) -> Load:
    """Return the load of a run that patience does not end before its last epoch."""
    # Where the last partial batch is dropped, an epoch has one step less.
    steps = math.ceil(examples.train / run.training.batch_size)
    epoch = training(work * examples.train, steps) + evaluation(work * examples.val)
    return epoch * run.training.epochs + evaluation(work * (examples.test + examples.scored))


def seconds_of(load: Load, rates: Rates) -> float:
    """Return the time of a run that patience does not end before its last epoch."""
    return rates.seconds(load) + FIXED_SECONDS
