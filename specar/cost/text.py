"""The cost model in words: for ``specar status``, and as the table of ``specar cost``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

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
        return "\n".join(f"cost model: {line}" for line in _unknown(plan, loads))
    lines = ["cost model, in fp32: one run after the other, to its last epoch; patience may end runs earlier"]
    for rates in [own] if own else classes():
        seconds = {name: seconds_of(load, rates) for name, load in loads.items()}
        rest = [seconds[name] * share for name, share in left.items() if name in seconds]
        whole = f"{duration(sum(seconds.values()))} for {_runs(len(seconds))}"
        part = f", {duration(sum(rest))} for the {len(rest)} left" if rest else ""
        lines.append(f"  {whole}{part}: {described(rates)}")
    if not own:
        lines.append("  'make bench' measures this machine")
    lines += [f"  {line}" for line in _unknown(plan, loads)]
    return "\n".join(lines)


def _unknown(plan: Plan, loads: Mapping[str, Load]) -> Iterator[str]:
    if number := len(plan.runs) - len(loads):
        yield f"without {_runs(number)} of a dataset of unknown sizes or a model of your own"


def described(rates: Rates) -> str:
    """Return a machine, where its rates come from, and how well they fit."""
    text = f"{rates.device} ({rates.source}"
    if rates.median_error is not None and rates.largest_error is not None:
        text += (
            f"; error of the fit {rates.median_error:.0%} in the median, {rates.largest_error:.0%} at most"
        )
    return text + ")"


def table(plan: Plan) -> str:
    """Return hours per task on every class of machine, and on this one if it was measured, as Markdown."""
    own = here()
    machines = [*classes(), *([own] if own else [])]
    loads = loads_of(plan)
    lines = ["| task | runs | " + " | ".join(_head(rates, rates is own) for rates in machines) + " |"]
    lines.append("| --- | " + " | ".join(["---:"] * (len(machines) + 1)) + " |")
    for task in plan.tasks:
        some = [load for name, load in loads.items() if plan.runs[name].task == task]
        lines.append(_row(task.replace("_", " "), some, machines))
    lines.append(_row("all", loads.values(), machines))
    largest = _largest(plan, loads, machines[-1])
    rest = [load for name, load in loads.items() if plan.runs[name].dataset not in largest]
    if rest:
        lines.append(_row(f"all but {' and '.join(largest)}", rest, machines))
    return "\n".join([*lines, "", *_notes(machines), *_unknown(plan, loads)])


def _head(rates: Rates, own: bool) -> str:
    return f"{rates.device} ({'make bench' if own else 'measured' if rates.measured else 'assumed'})"


def _row(title: str, loads: Collection[Load], machines: Iterable[Rates]) -> str:
    hours = [sum(seconds_of(load, rates) for load in loads) / 3600 for rates in machines]
    texts = [f"{value:,.{1 if value < 10 else 0}f} h" for value in hours]
    return " | ".join([f"| {title}", str(len(loads)), *texts]) + " |"


def _largest(plan: Plan, loads: Mapping[str, Load], rates: Rates) -> list[str]:
    """The two datasets that take the most time."""
    seconds: Counter[str] = Counter()
    for name, load in loads.items():
        seconds[plan.runs[name].dataset] += round(seconds_of(load, rates))
    return [dataset for dataset, _ in seconds.most_common(2)]


def _notes(machines: Iterable[Rates]) -> Iterator[str]:
    yield "In fp32, one run after the other, every run to its last epoch: patience may end it earlier."
    yield from (f"{described(rates)}." for rates in machines)


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
