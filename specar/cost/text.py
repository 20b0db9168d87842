"""The cost model in words, for ``specar status``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specar.cost.predict import loads_of, seconds_of
from specar.cost.rates import Load, Rates, classes, here
from specar.runs.plan import Plan


def summary(plan: Plan, left: Mapping[str, float]) -> str:
    """Return how long all runs take and those that are left, a line per machine.

    Parameters
    ----------
    plan
        The plan.
    left
        Share of its epochs that each unfinished run still has before it, by run id.
    """
    loads, own = loads_of(plan), here()
    if not loads:
        return "\n".join(f"cost model: {line}" for line in unknown(plan, loads))
    lines = ["cost model, in fp32: one run after the other, to its last epoch; patience may end runs earlier"]
    for rates in [own] if own else classes():
        seconds = {name: seconds_of(load, rates) for name, load in loads.items()}
        rest = [seconds[name] * share for name, share in left.items() if name in seconds]
        whole = f"{duration(sum(seconds.values()))} for {_runs(len(seconds))}"
        part = f", {duration(sum(rest))} for the {len(rest)} left" if rest else ""
        lines.append(f"  {whole}{part}: {described(rates)}")
    if not own:
        lines.append("  'make bench' measures this machine")
    lines += [f"  {line}" for line in unknown(plan, loads)]
    return "\n".join(lines)


def unknown(plan: Plan, loads: Mapping[str, Load]) -> Iterator[str]:
    """Yield how many runs have no known cost, if there are any."""
    if number := len(plan.runs) - len(loads):
        yield f"without {_runs(number)} of a dataset of unknown sizes or of a model without 'work'"


def described(rates: Rates) -> str:
    """Return a machine, where its rates come from, and how well they fit."""
    text = f"{rates.device} ({rates.source}"
    if rates.median_error is not None and rates.largest_error is not None:
        text += (
            f"; error of the fit {rates.median_error:.0%} in the median, {rates.largest_error:.0%} at most"
        )
    return text + ")"


def _runs(number: int) -> str:
    return f"{number} run" if number == 1 else f"{number} runs"


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
