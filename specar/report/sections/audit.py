"""What the paper's own numbers contradict."""

from __future__ import annotations

from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Section
from specar.report.sections.paper import entries_of
from specar.tables.audit import audit_tables
from specar.tables.render import fragment


def build(context: Context) -> Section:
    """Return the section."""
    tables = list(audit_tables(context.findings))
    shown = [fragment(table, level=3) for table in tables]
    body = render("audit.html.j2", tables=shown, total=len(context.findings))
    return Section("audit", "Audit of the paper", body, entries_of(tables))
