"""The command that judges the reproduction."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "judge the reproduction from what is there: verdicts per cell, the paper's claims, ranks"
    add_command(commands, "judge", _judge, text)


def _judge(options: argparse.Namespace) -> None:
    from specar.judge.judgement import judge
    from specar.judge.write import write_judgement
    from specar.results.ledger import ledger_of

    plan = plan_of(options)
    judgement = judge(ledger_of(plan))
    write_judgement(judgement, plan.judgement)
    print(f"{judgement.summary.to_string(index=False)}\n\njudgement {plan.judgement}/")
