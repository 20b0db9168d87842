"""Commands that gather records and print them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of, tasks_of

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
    from specar.records import collect

    plan = plan_of(options)
    for task in tasks_of(options, plan):
        collect(plan, task)


def _tables(options: argparse.Namespace) -> None:
    import pandas as pd

    from specar.records import collect, requested_rows
    from specar.status import failures
    from specar.tables.write import write_tables

    plan = plan_of(options)
    for task in tasks_of(options, plan):
        if not options.collected:
            collect(plan, task)
        write_tables(
            task,
            plan.collected(task),
            plan.collected_floors(task),
            pd.DataFrame(requested_rows(plan, task)),
            plan.tables,
            plan.config.note,
            plan.remarks_of(task),
            failed=failures(plan, task),
            cached=plan.cached_runs,
        )


def _figures(options: argparse.Namespace) -> None:
    import pandas as pd

    from specar.figures.write import write_figures
    from specar.records import collect, requested_rows
    from specar.status import failures

    plan = plan_of(options)
    for task in tasks_of(options, plan):
        if not options.collected:
            collect(plan, task)
        write_figures(
            task,
            plan.collected(task),
            plan.collected_floors(task),
            pd.DataFrame(requested_rows(plan, task)),
            plan.figures,
            plan.config.note,
            plan.remarks_of(task),
            failed=failures(plan, task),
        )


def _show(options: argparse.Namespace) -> None:
    import pandas as pd

    from specar.records import COLUMNS, FLOOR_COLUMNS, collected_rows, floor_rows, requested_rows
    from specar.status import failures
    from specar.tables.compare import compare
    from specar.tables.terminal import terminal_table

    plan = plan_of(options)
    for task in plan.tasks:
        collected = pd.DataFrame(list(collected_rows(plan, task)), columns=list(COLUMNS))
        floors = pd.DataFrame(list(floor_rows(plan, task)), columns=list(FLOOR_COLUMNS))
        failed = failures(plan, task)
        table = compare(task, collected, floors, requested_rows(plan, task), failed=failed)
        print(f"\n{task}\n\n{terminal_table(table, failed=failed)}")
    for line in [*(f"{name}: {text}" for name, text in plan.remarks.items()), plan.config.note]:
        if line:
            print(f"\n{line}")
    print(
        f"\ntables  {plan.tables}/\nfigures {plan.figures}/\nrecords {plan.records}/<run>/metrics.json\n"
        f"logs    {plan.results}/logs/"
    )
