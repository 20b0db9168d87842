"""Locks that the kernel frees when their holder ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from specar.base.errors import SpecarError

# What file systems without flock say; there one goes on without a lock.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}

# Seconds: whoever only looks whether a lock is held has it for a moment.
_PATIENCE = 1.0

_log = logging.getLogger(__name__)


def hold_lock(path: Path, what: str) -> int:
    """Take the lock file ``path`` until this process ends; returns its descriptor.

    Raises SpecarError: another process holds it (``what`` says what that one is), or it cannot be made.
    """
    _make_folder(path)
    descriptor = _take(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    end = time.monotonic() + _PATIENCE
    while descriptor is None and time.monotonic() < end:
        time.sleep(0.05)
        descriptor = _take(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if descriptor is None:
        raise SpecarError(f"{what} works in {path.parent}; wait for it to end")
    return descriptor


@contextmanager
def write_lock(folder: Path, action: str) -> Iterator[None]:
    """Be the only process that works on a dataset's folder; wait while another one does.

    The one that waits says that the other ``action``, such as "prepares ETTh1". The lock is a hidden file
    beside the folder. Who may not write there goes on without it. Raises SpecarError: it cannot be made.
    """
    path = _lock_of(folder)
    _make_folder(path)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        yield
        return
    descriptor = _take(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if descriptor is None:
        _log.info("waiting for another process that %s", action)
        descriptor = _take(path, fcntl.LOCK_EX)
    with _closing(descriptor):
        yield


@contextmanager
def read_lock(folder: Path) -> Iterator[None]:
    """Keep processes from writing in a dataset's folder; wait while one does. Any number may read.

    There is nothing to wait for where nobody has written with a lock, as in a folder that was copied.
    """
    path = _lock_of(folder)
    with _closing(_take(path, fcntl.LOCK_SH, os.O_RDONLY) if os.access(path, os.R_OK) else None):
        yield


def lock(descriptor: int, operation: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> bool:
    """Lock an open file, without waiting by default; tell whether it is locked now."""
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        return False
    return True


def holder_of(descriptor: int) -> str:
    """Say which process holds the lock of an open file, as far as the kernel tells."""
    inode = os.fstat(descriptor).st_ino
    with suppress(OSError, LookupError, StopIteration):  # it ended, or is of another container
        found = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        number = next(words[4] for words in found if words[5].endswith(f":{inode}") and words[1] == "FLOCK")
        user = pwd.getpwuid(Path("/proc", number).stat().st_uid).pw_name
        return f"process {number} of user {user}"
    return "a process that the kernel does not name"


def _lock_of(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.lock"


def _take(path: Path, operation: int, access: int = os.O_RDWR | os.O_CREAT) -> int | None:
    """Descriptor of the locked file; None: another process holds it."""
    while True:
        descriptor = _open(path, access)
        try:
            if not lock(descriptor, operation):
                os.close(descriptor)
                return None
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                os.close(descriptor)
                raise SpecarError(f"cannot lock {path}: {error.strerror}; check the file system") from error
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)  # deleted meanwhile: the next process would not find this lock


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecarError(f"cannot make {path.parent}: {error.strerror}; check permissions") from error


def _open(path: Path, access: int) -> int:
    try:
        return os.open(path, access, 0o666)
    except OSError as error:
        raise SpecarError(f"cannot open {path}: {error.strerror}; check permissions") from error


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextmanager
def _closing(descriptor: int | None) -> Iterator[None]:
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
