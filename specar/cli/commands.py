"""What commands share: their table, the plan of their options, and the tasks that were asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from specar.base.errors import SpecarError
from specar.config import load_config
from specar.runs import store
from specar.runs.plan import Plan

Argument = tuple[tuple[str, ...], dict[str, Any]]
Run = Callable[[argparse.Namespace], None]


class Command(NamedTuple):
    """What the command line knows of a command."""

    name: str
    text: str
    run: Run
    arguments: tuple[Argument, ...]
    at_end: bool


COMMANDS: list[Command] = []


def argument(*names: str, **options: Any) -> Argument:
    """Return an argument of a command, as ``add_argument`` takes it."""
    return names, options


JSON = argument("--json", action="store_true", help="print the numbers as JSON")
_PLAN = (
    argument(
        "--config", action="append", metavar="FILE", help="configuration, later files over earlier ones"
    ),
    argument("--plan", metavar="FILE", help="plan written by 'specar plan', instead of --config"),
)


def command(text: str, *arguments: Argument, at_end: bool = False) -> Callable[[Run], Run]:
    """Make a function a command of its name, with a text of help, about a configuration.

    One that works for seconds and prints ``at_end`` only tells a terminal meanwhile that it is at work.
    """

    def register(run: Run) -> Run:
        name = run.__name__.strip("_").replace("_", "-")
        COMMANDS.append(Command(name, text, run, (*_PLAN, *arguments), at_end))
        return run

    return register


def plan_of(options: argparse.Namespace) -> Plan:
    """Return the plan of the options, by default of the project's configuration, or the one unpacked here.

    `SpecarError`: none is named, and the working folder has neither one nor results.
    """
    if options.plan:
        return store.read_plan(Path(options.plan))
    default, packed = Path("config/config.yaml"), Path("plan.json")
    if packed.exists() and not options.config and not default.exists():  # of 'specar unpack'
        return store.read_plan(packed)
    files = options.config or ([default] if default.exists() else [])
    if not files and not Path("results").exists():
        way = "go to one, or name a configuration with --config FILE"
        raise SpecarError(f"no {default} in {Path.cwd()}, which is no project of specar: {way}")
    return store.plan_of(load_config(*files))


def tasks_of(options: argparse.Namespace, plan: Plan) -> list[str]:
    """Return the tasks that were asked for, by default all; `SpecarError` where there are no runs of one."""
    for task in options.tasks:
        if task not in plan.tasks:
            raise SpecarError(
                f"no runs of task {task!r} in this configuration; it has {', '.join(plan.tasks)}"
            )
    return options.tasks or plan.tasks
