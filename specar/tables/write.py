"""Writes the tables as CSV, Markdown, LaTeX and HTML."""

from __future__ import annotations

from specar.paper.sources import AVERAGE
from specar.results.ledger import Ledger
from specar.results.run_states import run_states
from specar.tables.render import render_html, render_latex, render_markdown
from specar.tables.sections import Request


def text_of(ledger: Ledger, task: str, averaged: bool, suffix: str) -> str:
    """Return the tables of a task, or those of its averages over settings, as text of a kind of file."""
    part, plan = ledger.of(task), ledger.plan
    runs = run_states(part.runs, part.failed, plan.cached_runs)
    request = Request(task, averaged, plan.config.note, plan.remarks_of(task), runs, True)
    table = part.cells
    if suffix == ".md":
        return render_markdown(table, request)
    if suffix == ".tex":
        return render_latex(table, request)
    if suffix == ".html":
        return render_html(table, request)
    rows = table[table["setting"] == AVERAGE] if request.averaged else table
    ids = {name: rows[name].map(" ".join) for name in ("runs", "failed")}
    return rows.assign(**ids).to_csv(index=False, lineterminator="\n")
