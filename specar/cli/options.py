"""Options that commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from specar.base.errors import SpecarError
from specar.config import load_config
from specar.runs.plan import Plan

if TYPE_CHECKING:
    Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

Command: TypeAlias = Callable[[argparse.Namespace], None]


def add_command(commands: Commands, name: str, function: Command, text: str) -> argparse.ArgumentParser:
    """Add a command that is about a configuration."""
    added = commands.add_parser(name, help=text, description=text)
    added.set_defaults(command=function)
    added.add_argument(
        "--config", action="append", metavar="FILE", help="configuration, later files over earlier ones"
    )
    added.add_argument("--plan", metavar="FILE", help="plan written by 'specar plan', instead of --config")
    return added


def plan_of(options: argparse.Namespace) -> Plan:
    """Return the plan of the options, by default of the project's configuration."""
    if options.plan:
        return Plan.read(Path(options.plan))
    default = Path("config/config.yaml")
    files = options.config or ([default] if default.exists() else [])
    return Plan.from_config(load_config(*files))


def tasks_of(options: argparse.Namespace, plan: Plan) -> list[str]:
    """Return the tasks that were asked for, by default all.

    Raises
    ------
    SpecarError
        The plan has no runs of one.
    """
    for task in options.tasks:
        if task not in plan.tasks:
            raise SpecarError(
                f"no runs of task {task!r} in this configuration; it has {', '.join(plan.tasks)}"
            )
    return options.tasks or plan.tasks
