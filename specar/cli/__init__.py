"""The command line: everything that the workflow does, also without the workflow."""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import io
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from pathlib import Path
from threading import Event, Thread

import specar
from specar.base.errors import Interrupted, SpecarError

_DEBUG = "SPECAR_DEBUG"
_NO_MEMORY = ("failed to map segment", "annot allocate memory", "can't start new thread")  # of libraries
_PULSE = 1.0  # seconds
_PACKAGE = str(Path(__file__).parents[1])

# At its end Python would look through all objects of torch for garbage, which takes up to half a second.
atexit.register(gc.freeze)

# Imports take a moment in which one may be interrupted: main makes them. Heavy ones (torch, pandas) stay
# inside the commands that need them: every job starts this package.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may know neither "±" nor the names of datasets
            stream.reconfigure(errors="backslashreplace")
    try:
        _run(arguments)
        sys.stdout.flush()
    except SystemExit:  # of argparse
        raise
    except BaseException as error:
        if _DEBUG in os.environ or "--debug" in (sys.argv if arguments is None else arguments):
            traceback.print_exception(error)
        return _ended(error)
    return 0


def _run(arguments: Sequence[str] | None) -> None:
    gc.set_threshold(100_000)  # by default a tenth of the time of a table or figure goes into looking
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    command = options.command
    with _at_work(command.name) if command.at_end and sys.stderr.isatty() else nullcontext():
        command.run(options)


@contextmanager
def _at_work(name: str) -> Iterator[None]:
    """Tell a terminal how long a command has been at work, and print what it prints after that."""
    done, start, printed = Event(), time.monotonic(), io.StringIO()

    def tell() -> None:
        while not done.wait(_PULSE):
            line = f"\rspecar {name}: at work, {time.monotonic() - start:.0f} s"
            os.write(2, line.encode())  # takes no lock, which a fork of the command might inherit

    teller = Thread(target=tell, daemon=True)
    teller.start()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        done.set()
        teller.join()
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        print(printed.getvalue(), end="")


def _ended(error: BaseException) -> int:
    """Say in one line why a command ended; returns the exit status."""
    if isinstance(error, BrokenPipeError):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more
        return 141
    if isinstance(error, KeyboardInterrupt):
        print("specar: interrupted", file=sys.stderr)
        return 130
    if isinstance(error, Interrupted):
        print(f"specar: {error}", file=sys.stderr)
        return 128 + error.signal
    print(f"specar: error: {_words(error)}", file=sys.stderr)
    return 1


def _words(error: BaseException) -> str:
    if isinstance(error, SpecarError):
        return str(error)
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in _NO_MEMORY):
        return "out of memory; allow more (ulimit -v, the limit of the job) or do less at a time"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(_PACKAGE)]
    place = f"{frames[-1].filename.removeprefix(_PACKAGE)}:{frames[-1].lineno}"
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{text[:500]} (unforeseen, at specar{place}); 'specar --debug' shows how it came about"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="specar", description="Reproduction of SpecAR-Net (IJCAI 2024).")
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error, as SPECAR_DEBUG=1"
    )
    parser.add_argument("--version", action="version", version=f"specar {specar.__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    # Each adds its own, in the order of the help.
    for name in ("data", "runs", "results", "evidence", "completion", "machines"):
        importlib.import_module(f"specar.cli.{name}")
    for command in importlib.import_module("specar.cli.commands").COMMANDS:
        added = commands.add_parser(command.name, help=command.text, description=command.text)
        added.set_defaults(command=command)
        for names, settings in command.arguments:
            added.add_argument(*names, **settings)
    return parser
