"""What the cost model says of a plan, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from specar.cost.predict import loads_of, seconds_of
from specar.cost.rates import Load, Rates, classes, here
from specar.cost.text import described, unknown
from specar.runs.plan import Plan
from specar.tables.render import pipes
from specar.tables.table import listed


def cost_text(plan: Plan) -> str:
    """Return hours per task on every class of machine, and on this one if it was measured, as Markdown."""
    own, loads = here(), loads_of(plan)
    machines = [*classes(), *([own] if own else [])]
    rows = []
    for task in plan.tasks:
        some = [load for name, load in loads.items() if plan.runs[name].task == task]
        rows.append(_row(task.replace("_", " "), some, machines))
    rows.append(_row("all", loads.values(), machines))
    largest = _largest(plan, loads, machines[-1])
    rest = [load for name, load in loads.items() if plan.runs[name].dataset not in largest]
    rows += [_row(f"all but {' and '.join(largest)}", rest, machines)] if rest else []
    header = ["task", "runs", *(_head(rates, rates is own) for rates in machines)]
    notes = [
        "In fp32, one run after the other, every run to its last epoch: patience may end it earlier.",
        *(f"{described(rates)}." for rates in machines),
        *unknown(plan, loads),
    ]
    return "\n".join([pipes(listed("cost", "Cost", header, rows)), "", *notes])


def _head(rates: Rates, own: bool) -> str:
    return f"{rates.device} ({'make bench' if own else 'measured' if rates.measured else 'assumed'})"


def _row(title: str, loads: Collection[Load], machines: Iterable[Rates]) -> list[str]:
    hours = [sum(seconds_of(load, rates) for load in loads) / 3600 for rates in machines]
    return [title, str(len(loads)), *(f"{value:,.{1 if value < 10 else 0}f} h" for value in hours)]


def _largest(plan: Plan, loads: Mapping[str, Load], rates: Rates) -> list[str]:
    """The two datasets that take the most time."""
    seconds: Counter[str] = Counter()
    for name, load in loads.items():
        seconds[plan.runs[name].dataset] += round(seconds_of(load, rates))
    return [dataset for dataset, _ in seconds.most_common(2)]
