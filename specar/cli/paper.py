"""The command that writes the paper's tables."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "write the paper's tables, all models, beside what is reproduced; trains nothing"
    added = add_command(commands, "paper", _paper, text)
    added.add_argument("tables", nargs="*", metavar="TABLE", help="main-1 … main-6, appendix-1 … appendix-12")


def _paper(options: argparse.Namespace) -> None:
    from specar.paper.audit import flagged_cells
    from specar.paper.files import TABLE_IDS
    from specar.results.ledger import ledger_of
    from specar.tables.paper import paper_page
    from specar.tables.paper_cells import flagged_keys
    from specar.tables.write import write_page

    plan = plan_of(options)
    ledger, flagged = ledger_of(plan), flagged_keys(flagged_cells())
    for name in options.tables or TABLE_IDS:
        write_page(plan.paper, name, paper_page(ledger, name, flagged))
    print(f"{plan.paper}/")
