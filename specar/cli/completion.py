"""The command that completes the others in a shell."""

from __future__ import annotations

import argparse

from specar.cli.commands import argument, command


@command(
    "print what makes a shell complete commands and options (see docs/running.md)",
    argument("shell", choices=["bash", "zsh"]),
)
def _completion(options: argparse.Namespace) -> None:
    import shtab

    from specar.cli import _parser

    parser = _parser()
    _complete_files(parser)
    print(shtab.complete(parser, options.shell))


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Offer files where an option takes one, in commands as well."""
    import shtab

    for action in parser._actions:
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _complete_files(inner)
