"""The tables of every task: published beside reproduced, each reproduced number with its run records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from specar.paper.published import parts_of
from specar.paper.sources import AVERAGE, source_of
from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.text import slug
from specar.results.ledger import TaskResults
from specar.results.run_states import run_states
from specar.tables import sections as printed
from specar.tables.layout import Line
from specar.tables.render import HTML

Target = Callable[[printed.Section, Line, bool], str | None]


@dataclass(frozen=True)
class TaskTables:
    """The tables of a task, and the target of each reproduced number in them."""

    id: str
    title: str
    tables: list[printed.Section]
    href: Target


def build(context: Context) -> Section:
    """Return the section."""
    tasks = [_of_task(context, results) for results in context.results.values()]
    entries = tuple(Entry(task.id, task.title) for task in tasks)
    return Section(
        "reproduction", "Published and reproduced", render("reproduction.html.j2", tasks=tasks), entries
    )


def _of_task(context: Context, results: TaskResults) -> TaskTables:
    plan, task = context.plan, results.task
    request = printed.Request(
        task,
        note=plan.config.note,
        remarks=plan.remarks_of(task),
        runs=run_states(results.runs, results.failed, plan.cached_runs),
        failures_known=True,
    )
    tables = list(printed.sections(results.table, request, HTML))
    return TaskTables(slug("tables", task), source_of(task).title, tables, _targets(context, results))


def _targets(context: Context, results: TaskResults) -> Target:
    """Return a function that gives the link from a cell, or an average over cells, to its runs."""
    names: dict[tuple[str, str, str, bool], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    columns = ["model", "protocol", "dataset", "top", "setting", "run_id"]
    for *key, setting, name in results.runs[columns].drop_duplicates().itertuples(index=False, name=None):
        names[tuple(key)][setting].append(name)

    def target(section: printed.Section, line: Line, top: bool) -> str | None:
        dataset, setting = line.source
        over = parts_of(results.task, dataset) if dataset in source_of(results.task).aggregates else [dataset]
        settings = [names[section.model, section.protocol, part, top] for part in over]
        found = [
            name
            for runs in settings
            for key, values in runs.items()
            if setting in (key, AVERAGE)
            for name in values
        ]
        return context.runs.target(found)

    return target
