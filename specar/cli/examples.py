"""The command about examples."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "make the examples of finished runs whose weights were kept (execution.keep_weights)"
    added = add_command(commands, "examples", _examples, text)
    added.add_argument("runs", nargs="+", metavar="RUN", help="run ids")


def _examples(options: argparse.Namespace) -> None:
    from specar.training.gpu import lease_gpu

    plan = plan_of(options)
    lease = lease_gpu(plan.config.execution, "examples")  # before torch looks at the environment

    from specar.runs.remake import remake_examples

    for name in options.runs:
        print(remake_examples(plan, name, lease))
