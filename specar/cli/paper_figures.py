"""The command that draws the figures over the whole plan."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "draw the figures over all tasks from the records that are there"
    added = add_command(commands, "paper-figures", _paper_figures, text)
    added.add_argument("names", nargs="*", metavar="NAME", help="figures, by default all")


def _paper_figures(options: argparse.Namespace) -> None:
    from specar.figures.plan_write import write_paper_figures

    write_paper_figures(plan_of(options), options.names)
