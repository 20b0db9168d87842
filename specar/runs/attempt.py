"""An attempt at a run: one process at a time, and what it leaves when it does not end in a record."""

from __future__ import annotations

import logging
import os
import platform
import time
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from specar.base.errors import Interrupted, NotFinite, SpecarError
from specar.base.files import write_json
from specar.base.locks import hold_lock
from specar.runs.provenance import now
from specar.runs.status import LOCK, STATUS, read_attempts
from specar.training.device import peak_memory_bytes

_LINES = 20


@contextmanager
def attempt(name: str, folder: Path, number: int = 1) -> Iterator[list[dict[str, Any]]]:
    """Hold the lock of run ``name`` while it is worked on, and keep the ``status.json`` of its folder true.

    ``number`` is which attempt of one workflow this is. Yields the earlier attempts since the last record:
    state, error class and message, last log lines, start, duration, peak memory, machine. `SpecarError`:
    another process works on the run, or the attempt before this one failed in a way that repeats.
    """
    lock = hold_lock(folder / LOCK, f"another process trains {name}; it")
    try:
        earlier = read_attempts(folder)
        error = earlier[-1]["error"] if earlier else None
        if number > 1 and error and error["class"] == NotFinite.__name__:
            raise SpecarError(f"not tried again, since it would end the same way: {error['message']}")
        with _kept(name, folder, earlier):
            yield earlier
        for file in (STATUS, LOCK):
            (folder / file).unlink(missing_ok=True)
    finally:
        os.close(lock)


@contextmanager
def _kept(name: str, folder: Path, earlier: list[dict[str, Any]]) -> Iterator[None]:
    start = time.perf_counter()
    own = {
        "state": "running",
        "error": None,
        "started": now(),
        "host": platform.node(),
        "pid": os.getpid(),
        "slurm_job": os.environ.get("SLURM_JOB_ID"),
        "cuda_visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }

    def write(**changes: Any) -> None:
        write_json(folder / STATUS, {"run_id": name, "attempts": [*earlier, {**own, **changes}]})

    write()
    with _last_lines() as lines:
        try:
            yield
        except BaseException as error:
            stopped = isinstance(error, (Interrupted, KeyboardInterrupt))
            message = (str(error) or type(error).__name__).splitlines()[0]
            unforeseen = [] if isinstance(error, SpecarError) else traceback.format_exception(error)
            gpu_peak = torch.cuda.max_memory_allocated() if torch.cuda.is_initialized() else None
            ended = {
                "state": "interrupted" if stopped else "failed",
                "error": {"class": type(error).__name__, "message": message},
                "last_lines": [*lines, *"".join(unforeseen).splitlines()][-_LINES:],
                "ended": now(),
                "seconds": round(time.perf_counter() - start, 3),
                "peak_memory_bytes": peak_memory_bytes(torch.device("cpu")),
                "gpu_peak_memory_bytes": gpu_peak,
            }
            with suppress(SpecarError):  # what went wrong is raised; a full disk may be just that
                write(**ended)
            raise


@contextmanager
def _last_lines() -> Iterator[deque[str]]:
    """The last lines of the log."""
    lines: deque[str] = deque(maxlen=_LINES)
    handler = logging.Handler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger("specar").addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger("specar").removeHandler(handler)
