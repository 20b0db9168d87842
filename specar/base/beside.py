"""Work in a process of its own, beside what goes on here: on two cores, drawing costs no time of its own.

Not by an executor of the standard library: its process would wait for ever where the first one is killed.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

from specar.base.errors import SpecarError

T = TypeVar("T")


def beside(work: Callable[..., T], *arguments: Any) -> Callable[[], T]:
    """Start work in a fork, which has everything that was read already; returns what waits for its result.

    That raises what the work raised. `SpecarError`: the process was killed. Where libraries do not bear a
    fork (not Linux), the work is done at once.
    """
    if sys.platform != "linux":
        done = work(*arguments)
        return lambda: done
    fork = get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_send, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()  # here: the other's ends with its process

    return partial(_received, process, receiver)


def _received(process: ForkProcess, receiver: Connection) -> Any:
    try:
        found, error = receiver.recv()
    except EOFError:
        process.join()
        ended = f"the process beside this one ended with exit code {process.exitcode}"
        raise SpecarError(f"{ended}; it may have been killed for memory: allow more") from None
    if error is not None:
        raise error
    return found


def _send(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # where the first one fails: nothing half-written
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # its other threads are not in the fork, which would wait for them for ever
    try:
        sender.send((work(*arguments), None))
    except Exception as error:
        error.add_note(f"In the process beside:\n{traceback.format_exc()}")  # the traceback itself stays here
        sender.send((None, _portable(error)))
    except KeyboardInterrupt:  # of the whole group of processes: the first one says so
        pass


def _portable(error: Exception) -> Exception:
    """An error as it is, or its words where it cannot be sent as it is."""
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:
        words = RuntimeError(f"{type(error).__name__}: {error}")
        words.__notes__ = error.__notes__
        return words
    return error
