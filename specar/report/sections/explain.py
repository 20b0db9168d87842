"""The section on searches for the cause of published numbers, where there are any."""

from __future__ import annotations

import pandas as pd

from specar.config import RunConfig
from specar.report.context import Context
from specar.report.section import Entry, Section, render
from specar.runs.records import read_sealed
from specar.tables.explain import explain_table
from specar.tables.render import fragment, heading_id


def explanations(context: Context) -> Section:
    """Return the section."""
    tables = []
    folders = (context.plan.cache / "explain", context.plan.explain)
    # One's own search in place of that which is shipped.
    files = {path.name: path for folder in folders for path in folder.glob("*.json")}
    for _, path in sorted(files.items()):
        found = read_sealed(path, "specar explain")
        tables.append(explain_table(RunConfig.model_validate(found["run"]), pd.DataFrame(found["rows"])))
    body = render("explain.html.j2", tables=[fragment(table, level=3) for table in tables])
    entries = tuple(Entry(heading_id(table), table.title) for table in tables)
    return Section("explain", "What published numbers may have been made with", body, entries)
