"""The page: its sections in order, and their contents list."""

from __future__ import annotations

from collections.abc import Callable

from specar.base.beside import beside
from specar.report.context import Context
from specar.report.section import Section, render
from specar.report.sections import ablations, explain, explorer, figures, runs, summary, tables
from specar.runs.plan import Plan

# In the order of the page; one more is a function and its line here.
SECTIONS: tuple[Callable[[Context], Section], ...] = (
    summary.summary,
    explorer.explorer,
    summary.reading,
    tables.claims,
    tables.paper,
    tables.reproduction,
    tables.verdicts,
    tables.batches,
    figures.ranks,
    figures.figures,
    ablations.ablations,
    explain.explanations,
    tables.audit,
    runs.failures,
    runs.records,
    runs.origin,
)


def page(plan: Plan) -> str:
    """Return the report of a plan as HTML that needs no other file, from the records that are there.

    What is missing or failed is said in words: the page is whole also where nothing has been run.

    Raises
    ------
    SpecarError
        A record is damaged or belongs to another run.
    """
    context = Context(plan)
    _ = context.ledger  # read once for both processes
    drawn = beside(figures.figures, context)  # half of all the work
    sections = [drawn() if build is figures.figures else build(context) for build in SECTIONS]
    return str(render("page.html.j2", sections=sections, library=explorer.library()))
