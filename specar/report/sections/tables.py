"""The sections that are tables: of the paper, published beside our runs, verdicts, claims and audit."""

from __future__ import annotations

from collections.abc import Iterable
from pkgutil import resolve_name

from specar.judge.rules import NOT_RUN, cell_rules, claim_rules
from specar.paper.audit.checks import flagged_cells
from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.section import Entry, Section, render, slug
from specar.tables.audit import audit_tables
from specar.tables.batches import batches_table, unmeasured
from specar.tables.files import TABLES
from specar.tables.judgement import cells_table, claims_page
from specar.tables.paper_cells import flagged_keys
from specar.tables.render import fragment, heading_id
from specar.tables.table import Table
from specar.tables.task import task_page


def claims(context: Context) -> Section:
    """Whether the paper's claims hold, by its own numbers and by ours."""
    found = sorted(claims_page(context.judgement)[1].tables, key=lambda table: table.id == "against")
    tables = [fragment(table, level=3) for table in found]  # the long one last
    body = render("claims.html.j2", tables=tables, rules=claim_rules())
    return Section("claims", "The paper's claims", body)


def paper(context: Context) -> Section:
    """The tables of the paper, all models, with our runs beside them."""
    flagged = flagged_keys(flagged_cells(context.findings))
    pages = [resolve_name(made)(context.ledger, name, flagged)[1] for name, made in TABLES.items()]
    tables = [table for page in pages for table in page.tables]
    body = render("paper_tables.html.j2", tables=map(context.linked, tables))
    return Section("paper", "The tables of the paper", body, _entries(tables))


def reproduction(context: Context) -> Section:
    """The tables of every task: published beside our runs, each mean with its run records."""
    tasks = {
        Entry(slug("tables", task), source_of(task).title): [
            context.linked(table, 4) for table in task_page(context.ledger, task)[1].tables
        ]
        for task in context.plan.tasks
    }
    body = render("reproduction.html.j2", tasks=tasks.items())
    return Section("reproduction", "Published and our runs", body, tuple(tasks))


def verdicts(context: Context) -> Section:
    """The verdict on every published cell that has runs."""
    table = context.judgement.verdicts
    run = table[table["verdict"] != NOT_RUN]
    tables = [
        context.linked(cells_table(f"verdicts-{task}", source_of(str(task)).title, rows, of_task=True))
        for task, rows in run.groupby("task", sort=False)
    ]
    body = render("verdicts.html.j2", tables=tables, rules=cell_rules(), run=len(run), total=len(table))
    return Section("verdicts", "Verdicts on the published cells", body)


def batches(context: Context) -> Section:
    """How far test metrics move with the size of the evaluation batches."""
    table, rest = batches_table(context.plan), unmeasured(context.plan)
    body = render("batches.html.j2", table=table and context.linked(table), rest=rest)
    return Section("batches", "Batches of evaluation", body)


def audit(context: Context) -> Section:
    """What the paper's own numbers contradict."""
    tables = list(audit_tables(context.findings))
    shown = [fragment(table, level=3) for table in tables]
    body = render("audit.html.j2", tables=shown, total=len(context.findings))
    return Section("audit", "Audit of the paper", body, _entries(tables))


def _entries(tables: Iterable[Table]) -> tuple[Entry, ...]:
    return tuple(Entry(heading_id(table), table.title) for table in tables)
