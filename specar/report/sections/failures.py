"""What failed, what is under way, and what has not been run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.render import render
from specar.report.runs import Run
from specar.report.section import Section
from specar.runs.status import STATES, State


def build(context: Context) -> Section:
    """Return the section."""
    runs = list(context.runs.runs.values())
    used = [state for state in STATES if any(run.status.state == state for run in runs)]
    body = render(
        "failures.html.j2",
        stopped=[run for run in runs if run.status.state in ("failed", "interrupted")],
        running=[run for run in runs if run.status.state == "running"],
        header=["Task", "Dataset", "Runs", *used],
        rows=_rows(runs, used),
        left_out={name: text for name, text in context.plan.remarks.items() if name in context.plan.absent},
    )
    return Section("failures", "What failed, and what has not been run", body)


def _rows(runs: list[Run], states: Sequence[State]) -> list[list[str]]:
    """Runs by dataset and state, and in all."""
    places: dict[tuple[str, str], Counter[State]] = defaultdict(Counter)
    for run in runs:
        places[source_of(run.config.task).title, run.config.dataset][run.status.state] += 1
        places["all", ""][run.status.state] += 1
    rows = {
        place: [*place, str(found.total()), *(str(found[state] or "·") for state in states)]
        for place, found in places.items()
    }
    total = rows.pop(("all", ""), [])
    return [*rows.values(), *([total] if total else [])]
