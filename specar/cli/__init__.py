"""The command line: everything that the workflow does, also without the workflow."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

import specar.cli.ablations as ablations
import specar.cli.audit as audit
import specar.cli.data as data
import specar.cli.examples as examples
import specar.cli.judge as judge
import specar.cli.paper as paper
import specar.cli.paper_figures as paper_figures
import specar.cli.report as report
import specar.cli.results as results
import specar.cli.runs as runs
import specar.cli.settings as settings
from specar.base.errors import Interrupted, SpecarError

# Heavy imports (torch, pandas) stay inside the commands that need them: every job starts this package.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        options.command(options)
    except Interrupted as error:
        print(f"specar: {error}", file=sys.stderr)
        return 128 + error.signal
    except SpecarError as error:
        print(f"specar: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("specar: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 141
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="specar", description="Reproduction of SpecAR-Net (IJCAI 2024).")
    commands = parser.add_subparsers(required=True, metavar="command")
    modules = (data, runs, results, examples, paper, paper_figures, settings, audit, ablations, judge, report)
    for module in modules:
        module.add_to(commands)
    return parser
