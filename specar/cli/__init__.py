"""The command line: everything that the workflow does, also without the workflow."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from specar.base.errors import Interrupted, SpecarError
from specar.cli import data, results, runs

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
    for command in (*data.COMMANDS, *runs.COMMANDS, *results.COMMANDS):
        command.add_to(commands)
    return parser
