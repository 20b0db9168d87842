"""How to read the report: columns, marks, protocols and definitions of the model."""

from __future__ import annotations

from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Section


def build(context: Context) -> Section:
    """Return the section."""
    protocols = sorted({run.protocol for run in context.plan.runs.values()})
    models = sorted({run.key.model for run in context.plan.runs.values()})
    body = render("reading.html.j2", protocols=protocols, models=models)
    return Section("reading", "How to read this", body)
