"""A tenth of the cheap records that come with the project, another one each month, to be verified."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime

from specar.cost.predict import loads_of, seconds_of
from specar.cost.rates import rates_of
from specar.runs.plan import Plan

CHEAP_SECONDS = 600.0  # predicted, of a run that is worth to be trained anew each time it is drawn
SHARE = 0.1


def sample(plan: Plan, month: str | None = None) -> list[str]:
    """Return ids of cheap cached runs of the matrix: the same in all of a ``month`` (default: this one)."""
    month, rates = month or f"{datetime.now(UTC):%Y-%m}", rates_of()
    loads = loads_of(plan, {name: plan.runs[name] for name in plan.runs if name in plan.cached_runs})
    cheap = [name for name, load in loads.items() if seconds_of(load, rates) <= CHEAP_SECONDS]
    drawn = sorted(cheap, key=lambda name: hashlib.sha256(f"{month} {name}".encode()).hexdigest())
    return drawn[: math.ceil(SHARE * len(drawn))]
