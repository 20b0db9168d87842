"""The command that writes the report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "write one page with the paper beside the reproduction, from whatever records are there"
    added = add_command(commands, "report", _report, text)
    added.add_argument("--output", metavar="FILE", help="where it goes (default: in the results)")


def _report(options: argparse.Namespace) -> None:
    from specar.report.write import write_report

    plan = plan_of(options)
    print(f"report  {write_report(plan, Path(options.output) if options.output else None)}")
