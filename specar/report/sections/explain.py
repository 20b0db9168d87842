"""The section on searches for the cause of published numbers, where there are any."""

from __future__ import annotations

from specar.config import RunConfig, run_id
from specar.judge.explain import explained
from specar.report.context import Context
from specar.report.section import Entry, Section, render
from specar.runs.records import read_sealed
from specar.tables.explain import explain_table
from specar.tables.render import fragment, heading_id


def explanations(context: Context) -> Section:
    """Return the section."""
    plan, tables = context.plan, []
    # One's own search in place of that which is shipped.
    files = {
        path.name: path for folder in (plan.cache / "explain", plan.explain) for path in folder.glob("*.json")
    }
    for _, path in sorted(files.items()):
        run = RunConfig.model_validate(read_sealed(path, "specar explain")["run"])
        if path.is_relative_to(plan.explain) or run_id(run) in plan.runs:
            tables.append(explain_table(run, explained(plan, run)))  # the numbers are those of records
    body = render("explain.html.j2", tables=[fragment(table, level=3) for table in tables])
    entries = tuple(Entry(heading_id(table), table.title) for table in tables)
    return Section("explain", "What published numbers may have been made with", body, entries)
