"""Commands that gather records and print them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from specar.cli.options import add_command, plan_of, tasks_of
from specar.runs.plan import Plan

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the commands."""
    for name, function, text in (
        ("collect", _collect, "gather run records into one table per task"),
        ("tables", _tables, "write the paper's tables from what is there"),
        ("figures", _figures, "draw the figures from what is there"),
    ):
        added = add_command(commands, name, function, text)
        added.add_argument("tasks", nargs="*", metavar="TASK")
        if name != "collect":
            added.add_argument("--collected", action="store_true", help="take gathered records as they are")
    add_command(commands, "show", _show, "print the results so far and where they are")


def _collect(options: argparse.Namespace) -> None:
    from specar.runs.records import collect

    plan = plan_of(options)
    for task in tasks_of(options, plan):
        collect(plan, task)


def _tables(options: argparse.Namespace) -> None:
    from specar.tables.write import write_tables

    plan = plan_of(options)
    for results in _results(options, plan):
        write_tables(**results, folder=plan.tables, cached=plan.cached_runs)


def _figures(options: argparse.Namespace) -> None:
    from specar.figures.write import write_figures

    plan = plan_of(options)
    for results in _results(options, plan):
        write_figures(**results, folder=plan.figures)


def _results(options: argparse.Namespace, plan: Plan) -> Iterator[dict[str, Any]]:
    """What tables and figures are made from, task by task."""
    from specar.runs.records import collect, requested_rows
    from specar.runs.status import failures

    for task in tasks_of(options, plan):
        if not options.collected:
            collect(plan, task)
        yield {
            "task": task,
            "collected": plan.collected(task),
            "floors": plan.collected_floors(task),
            "matrix": requested_rows(plan, task),
            "note": plan.config.note,
            "remarks": plan.remarks_of(task),
            "failed": failures(plan, task),
        }


def _show(options: argparse.Namespace) -> None:
    from specar.results.ledger import results_of
    from specar.tables.terminal import terminal_table

    plan = plan_of(options)
    for task in plan.tasks:
        found = results_of(plan, task)
        print(f"\n{task}\n\n{terminal_table(found.table, failed=found.failed)}")
    for line in [*(f"{name}: {text}" for name, text in plan.remarks.items()), plan.config.note]:
        if line:
            print(f"\n{line}")
    print(
        f"\ntables  {plan.tables}/\nfigures {plan.figures}/\nrecords {plan.records}/<run>/metrics.json\n"
        f"logs    {plan.results}/logs/\nreport  {plan.report}"
    )
