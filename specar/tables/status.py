"""The matrix at a glance: what is done, what failed, how long the rest takes, and what all of it costs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from specar.config import RunConfig
from specar.cost.predict import described, duration, loads_of, seconds_of, summary, unknown
from specar.cost.rates import Load, Rates, classes, here
from specar.paper.sources import source_of
from specar.results.order import Next, Order
from specar.runs.plan import Plan
from specar.runs.records import finished_record
from specar.runs.status import STATES, RunStatus, State, status_of
from specar.runs.store import started_ablations
from specar.tables.render import plain
from specar.tables.table import Table, listed

_MOST = 20


def overview(plan: Plan) -> str:
    """Return the state of all runs as text: counts per dataset, running and failed runs, time left."""
    found = {name: status_of(plan, name) for name in plan.runs}
    started = ablation_counts(plan, started_ablations(plan))
    lists = _lists(plan, found)
    counts = counts_table((plan.runs[name], status.state) for name, status in found.items())
    parts = [plain(counts), *lists, _time_left(plan, found), cost_left(plan, found), started]
    return "\n\n".join(part for part in parts if part)


def cost_left(plan: Plan, found: dict[str, RunStatus] | None = None) -> str:
    """Return what all runs cost by the cost model, and what those that are left do, a line per machine."""
    found = found or {name: status_of(plan, name) for name in plan.runs}
    left = {
        name: 1 - min(status.epoch / plan.runs[name].training.epochs, 1)
        for name, status in found.items()
        if not status.is_done
    }
    return summary(plan, left)


def ablation_counts(plan: Plan, names: Iterable[str]) -> str:
    """Return how many runs of ablations are done, one line each; empty without ``names``."""
    lines = []
    for name in names:
        runs = plan.ablation_runs(name)
        done = sum(status_of(plan, run).is_done for run in runs)
        lines.append(f"{name:<20} {done:>5} of {len(runs):>5} runs done  {plan.config.ablations[name].title}")
    return "\n".join(["ablations (snakemake ablation_NAME)", *lines]) if lines else ""


def state_counts(plan: Plan) -> list[dict[str, Any]]:
    """Return the numbers of runs, a row per task and dataset: in all, and in each state."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for name, run in plan.runs.items():
        counts[run.task, run.dataset][status_of(plan, name).state] += 1
    return [
        {"task": task, "dataset": dataset, "runs": found.total(), **{state: found[state] for state in STATES}}
        for (task, dataset), found in counts.items()
    ]


def counts_table(runs: Iterable[tuple[RunConfig, State]]) -> Table:
    """Return the numbers of runs by dataset and state, and in all."""
    counts: dict[tuple[str, str], Counter[State]] = defaultdict(Counter)
    for run, state in runs:
        counts[source_of(run.task).title, run.dataset][state] += 1
        counts["all", ""][state] += 1
    total = counts.pop(("all", ""), Counter())
    used = [state for state in STATES if total[state]]
    rows = [
        [*place, str(found.total()), *(str(found[state] or "·") for state in used)]
        for place, found in [*counts.items(), (("all", ""), total)]
    ]
    return listed("runs-counts", "Runs by dataset and state", ["Task", "Dataset", "Runs", *used], rows, 2)


def _lists(plan: Plan, found: dict[str, RunStatus]) -> Iterator[str]:
    known = _known_seconds(plan, found)
    for state in ("running", "failed", "interrupted", "damaged"):
        lines = []
        for name, status in ((name, status) for name, status in found.items() if status.state == state):
            epochs = f"epoch {status.epoch} of at most {plan.runs[name].training.epochs} done"
            if left := _estimate(plan, name, status, known):
                epochs += f", {'at most' if status.epoch else 'about'} {duration(left)} left"
            lines.append(f"  {name}: {epochs if state == 'running' else status.reason}")
        if len(lines) > _MOST:
            lines[_MOST:] = [f"  and {len(lines) - _MOST} more: specar runs --state {state}"]
        yield "\n".join([state, *lines]) if lines else ""


def _time_left(plan: Plan, found: dict[str, RunStatus]) -> str:
    """Estimated from the records of like runs, and from the epochs of those that are under way."""
    known = _known_seconds(plan, found)
    todo = [name for name, status in found.items() if not status.is_done]
    seconds = {name: _estimate(plan, name, found[name], known) for name in todo}
    estimated = [value for value in seconds.values() if value is not None]
    if not todo:
        return "nothing left to do"
    if not estimated:
        return f"{len(todo)} runs left; no record yet to estimate their time from"
    text = f"about {duration(sum(estimated))} left for {len(estimated)} runs, one after the other"
    workers = sum(status.state == "running" for status in found.values())
    if workers > 1:
        text += f"; {duration(sum(estimated) / workers)} with the {workers} that run now"
    unlike = len(todo) - len(estimated)
    return text + (f"; {unlike} more without a like record to estimate from" if unlike else "")


def _known_seconds(plan: Plan, found: dict[str, RunStatus]) -> dict[tuple[Any, ...], float]:
    """Mean duration of finished runs, by how alike runs are."""
    seconds: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for name, status in found.items():
        if status.is_done and (record := finished_record(plan, name)) is not None:
            for key in _likeness(plan, name):
                seconds[key].append(float(record["provenance"]["wall_seconds"]))
    return {key: sum(values) / len(values) for key, values in seconds.items()}


def _likeness(plan: Plan, name: str) -> Iterator[tuple[Any, ...]]:
    """What a run has in common with others, most telling first: other datasets tell nothing."""
    run = plan.runs[name]
    place = (run.task, run.dataset)
    yield (*place, run.setting, run.key.model, run.model.top)
    yield (*place, run.setting, run.key.model)
    yield (*place, run.key.model)
    yield place


def _estimate(plan: Plan, name: str, status: RunStatus, known: dict[tuple[Any, ...], float]) -> float | None:
    if status.epoch:  # an upper bound: patience may end it earlier
        return status.epoch_seconds * max(plan.runs[name].training.epochs - status.epoch, 0)
    return next((known[key] for key in _likeness(plan, name) if key in known), None)


def next_text(order: Order, runs: Sequence[Next], rates: Rates) -> str:
    """Return runs that are to be done next as text: predicted hours, and what each decides."""
    rows = [[run.name, f"{run.seconds / 3600:.2f}", run.decides] for run in runs]
    total = sum(run.seconds for run in runs)
    sums = f"{len(runs)} of {len(order.runs)} runs, {total / 3600:.2f} h one after the other"
    lines = [
        f"{sums}, by {described(rates)}",
        f"{order.failed} failed runs are left out; 'specar status' says why" if order.failed else "",
        f"{order.unknown} runs are left out, as their cost is not known" if order.unknown else "",
    ]
    table = listed("next", "Runs to do next", ["run", "hours", "decides"], rows, prose=["decides"])
    return "\n".join([plain(table), *filter(None, ["", *lines])] if rows else filter(None, lines))


def cost_text(plan: Plan) -> str:
    """Return hours per task on every class of machine, and on this one if it was measured, as text."""
    notes = [
        "In fp32, one run after the other, every run to its last epoch: patience may end it earlier.",
        *(f"{described(rates)}." for rates in _machines().values()),
        *unknown(plan, loads_of(plan)),
    ]
    return "\n".join([plain(cost_table(plan)), "", *notes])


def cost_table(plan: Plan) -> Table:
    """Return the hours of `cost_hours` as a table."""
    rows = cost_hours(plan)
    lines = [
        [row["task"], str(row["runs"]), *(f"{h:,.{1 if h < 10 else 0}f} h" for h in row["hours"].values())]
        for row in rows
    ]
    return listed("cost", "Cost", ["task", "runs", *rows[0]["hours"]], lines)


def cost_hours(plan: Plan) -> list[dict[str, Any]]:
    """Return ``task``, ``runs`` and ``hours`` by machine: of tasks, of all, and without the largest two."""
    machines, loads = _machines(), loads_of(plan)
    largest = _largest(plan, loads, [*machines.values()][-1])
    groups = {
        task.replace("_", " "): [load for name, load in loads.items() if plan.runs[name].task == task]
        for task in plan.tasks
    }
    rest = [load for name, load in loads.items() if plan.runs[name].dataset not in largest]
    groups |= {"all": list(loads.values()), **({f"all but {' and '.join(largest)}": rest} if rest else {})}
    return [
        {"task": title, "runs": len(some), "hours": _hours(some, machines)} for title, some in groups.items()
    ]


def _hours(loads: Collection[Load], machines: Mapping[str, Rates]) -> dict[str, float]:
    return {name: sum(seconds_of(load, rates) for load in loads) / 3600 for name, rates in machines.items()}


def _machines() -> dict[str, Rates]:
    """Classes of machines, and this one last if it was measured; names say where the rates come from."""
    known = {f"{one.device} ({'measured' if one.measured else 'assumed'})": one for one in classes()}
    return known | ({f"{own.device} (make bench)": own} if (own := here()) else {})


def _largest(plan: Plan, loads: Mapping[str, Load], rates: Rates) -> list[str]:
    """The two datasets that take the most time."""
    seconds: Counter[str] = Counter()
    for name, load in loads.items():
        seconds[plan.runs[name].dataset] += round(seconds_of(load, rates))
    return [dataset for dataset, _ in seconds.most_common(2)]
