"""The command about ablations."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "write tables and figures of ablations from the records that are there, or list the ablations"
    added = add_command(commands, "ablations", _ablations, text)
    added.add_argument("names", nargs="*", metavar="NAME", help="default: all with a record")
    added.add_argument("--list", action="store_true", help="list ablations with the state of their runs")


def _ablations(options: argparse.Namespace) -> None:
    from specar.tables.ablation_write import write_ablation
    from specar.tables.status import ablation_counts

    plan = plan_of(options)
    if options.list:
        print(ablation_counts(plan, options.names or plan.config.ablations))
        return
    for name in options.names or plan.started_ablations:
        write_ablation(plan, name)
