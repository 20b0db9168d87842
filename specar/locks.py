"""A lock that the kernel frees when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from specar.errors import SpecarError


def hold_lock(path: Path, what: str) -> int:
    """Take the lock file ``path`` until this process ends; returns its descriptor.

    Raises
    ------
    SpecarError
        Another process holds it; ``what`` says what that one is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise SpecarError(f"{what} works in {path.parent}; wait for it to end") from error
    return descriptor
