"""The command that checks the paper against itself."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "list what the paper's own numbers contradict"
    added = add_command(commands, "audit", _audit, text)
    added.add_argument("--kind", action="append", metavar="KIND", help="findings of this kind only")
    added.add_argument("--severity", action="append", metavar="NAME", help="findings of this severity only")
    added.add_argument("--full", action="store_true", help="list labels one by one as well")
    added.add_argument("--csv", action="store_true", help="print all columns as CSV")
    added.add_argument("--write", action="store_true", help="write paper/audit.csv and .md under results")


def _audit(options: argparse.Namespace) -> None:
    from specar.paper.audit import Paper, audit
    from specar.paper.audit.floors import with_floors
    from specar.tables.audit import audit_page, summary
    from specar.tables.write import write_page

    plan = plan_of(options)
    findings = audit(with_floors(Paper(), plan))
    if options.write:
        for path in write_page(plan.paper, "audit", audit_page(findings), ("csv", "md")):
            print(path)
        return
    for name in ("kind", "severity"):
        if wanted := getattr(options, name):
            findings = findings[findings[name].isin(wanted)]
    if options.csv:
        findings.to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        print(summary(findings, options.full))
