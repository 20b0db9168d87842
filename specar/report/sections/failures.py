"""What failed, what is under way, and what has not been run."""

from __future__ import annotations

from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Section
from specar.tables.render import fragment
from specar.tables.status import counts_table


def build(context: Context) -> Section:
    """Return the section."""
    runs = list(context.runs.runs.values())
    counts = counts_table((run.config, run.status.state) for run in runs)
    body = render(
        "failures.html.j2",
        stopped=[run for run in runs if run.status.state in ("failed", "interrupted")],
        running=[run for run in runs if run.status.state == "running"],
        counts=fragment(counts, level=3),
        left_out={name: text for name, text in context.plan.remarks.items() if name in context.plan.absent},
    )
    return Section("failures", "What failed, and what has not been run", body)
