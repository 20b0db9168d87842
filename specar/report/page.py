"""The page: its sections in order, and their contents list."""

from __future__ import annotations

from collections.abc import Callable

from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Section
from specar.report.sections import (
    ablations,
    audit,
    claims,
    failures,
    figures,
    origin,
    paper,
    ranks,
    reading,
    records,
    reproduction,
    summary,
    verdicts,
)
from specar.runs.plan import Plan

Build = Callable[[Context], Section]

# In the order of the page; one more is a module with a ``build`` and its line here.
SECTIONS: tuple[Build, ...] = (
    summary.build,
    reading.build,
    claims.build,
    paper.build,
    reproduction.build,
    verdicts.build,
    ranks.build,
    figures.build,
    ablations.build,
    audit.build,
    failures.build,
    records.build,
    origin.build,
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
    return str(render("page.html.j2", sections=[build(context) for build in SECTIONS]))
