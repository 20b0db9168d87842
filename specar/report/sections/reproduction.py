"""The tables of every task: published beside reproduced, each reproduced number with its run records."""

from __future__ import annotations

from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.sections.paper import shown
from specar.report.text import slug
from specar.tables.task import task_page


def build(context: Context) -> Section:
    """Return the section."""
    tasks = [
        (
            Entry(slug("tables", task), source_of(task).title),
            [shown(context, table, 4) for table in task_page(context.ledger, task)[1].tables],
        )
        for task in context.plan.tasks
    ]
    body = render("reproduction.html.j2", tasks=tasks)
    return Section("reproduction", "Published and reproduced", body, tuple(entry for entry, _ in tasks))
