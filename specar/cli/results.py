"""Commands that gather records and print them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of, tasks_of
from specar.config.tasks import TASK_INFO

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the commands."""
    for name, function, text in (
        ("tables", _tables, "write the paper's tables from what is there"),
        ("figures", _figures, "draw the figures from what is there"),
    ):
        added = add_command(commands, name, function, text)
        added.add_argument("tasks", nargs="*", metavar="TASK")
    add_command(commands, "show", _show, "print the results so far and where they are")


def _tables(options: argparse.Namespace) -> None:
    from specar.results.ledger import ledger_of
    from specar.tables.task import task_page
    from specar.tables.write import write_page

    plan = plan_of(options)
    ledger = ledger_of(plan, tasks_of(options, plan))
    for task in tasks_of(options, plan):
        write_page(plan.tables, task, task_page(ledger, task))
        if TASK_INFO[task].setting:
            write_page(plan.tables, f"{task}_averaged", task_page(ledger, task, averaged=True))


def _figures(options: argparse.Namespace) -> None:
    from specar.figures.write import write_figures
    from specar.results.ledger import ledger_of

    plan = plan_of(options)
    ledger = ledger_of(plan, tasks_of(options, plan))
    for task in tasks_of(options, plan):
        write_figures(ledger, task, plan.figures)


def _show(options: argparse.Namespace) -> None:
    from specar.results.ledger import ledger_of
    from specar.tables.terminal import terminal_table

    plan = plan_of(options)
    ledger = ledger_of(plan)
    for task in plan.tasks:
        print(f"\n{task}\n\n{terminal_table(ledger, task)}")
    for line in [*(f"{name}: {text}" for name, text in plan.remarks.items()), plan.config.note]:
        if line:
            print(f"\n{line}")
    print(
        f"\ntables  {plan.tables}/\nfigures {plan.figures}/\nrecords {plan.records}/<run>/metrics.json\n"
        f"logs    {plan.results}/logs/\nreport  {plan.report}"
    )
