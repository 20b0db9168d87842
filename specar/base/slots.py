"""Slots of a device, such as a GPU: at most so many processes of this machine hold one at a time.

The kernel frees a slot when its holder ends, however it ends. The lock files are in a folder that all users
share, as /tmp is: anyone may add files and lock them, but only remove their own.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from specar.base.errors import SpecarError
from specar.base.locks import holder_of, lock

POLL = 0.5  # seconds between two looks at slots that are all taken
_PATIENCE = 2.0  # seconds: choosing takes others milliseconds
_MOMENT = 0.02  # seconds between two looks whether it ended
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK

_log = logging.getLogger(__name__)
_told = Event()  # that another process keeps this one from choosing alone
_held: set[int] = set()  # descriptors of this process's slots


@dataclass(frozen=True)
class Slot:
    """A slot that this process holds."""

    name: str  # of the device
    number: int  # which of its slots, from 0 on; the first of several
    descriptors: tuple[int, ...]  # of the locked files, one per slot

    def release(self) -> None:
        """Give the slot back before this process ends."""
        for descriptor in self.descriptors:
            _held.discard(descriptor)
            os.close(descriptor)


def take_slot(names: Sequence[str], size: int, holder: str, width: int = 1) -> Slot:
    """Take ``width`` slots of the device of which the fewest are taken; wait where none has as many free.

    A device has ``size`` of them. ``holder`` says what this process does, to others that wait. Raises
    SpecarError: the lock files cannot be kept in their folder.
    """
    place = lock_folder()
    try:
        folder = _shared(place)
        try:
            slot = _wait_for_slot(folder, names, size, holder, width)
        finally:
            os.close(folder)
    except OSError as error:
        raise SpecarError(
            f"cannot keep locks in {place} ({error.strerror}); remove it, or set SPECAR_LOCKS "
            "to a folder of this machine, the same for all who use its GPUs"
        ) from error
    _held.update(slot.descriptors)
    return slot


def lock_folder() -> Path:
    """Folder of the lock files; it names the host, since hosts may share what holds it.

    It is in /tmp, or where the environment variable SPECAR_LOCKS says. It does not follow TMPDIR, which may
    be another one in every job.
    """
    host = re.sub(r"[^A-Za-z0-9.-]", "_", os.uname().nodename)[:64]
    return Path(os.environ.get("SPECAR_LOCKS", "/tmp")) / f"specar-locks-{host}"


def _shared(place: Path) -> int:
    """Descriptor of a folder that all users can write to, as to /tmp; a link is not followed."""
    with suppress(FileExistsError):
        place.mkdir()
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    status = os.fstat(folder)
    if stat.S_IMODE(status.st_mode) != 0o1777:
        if status.st_uid != os.getuid():
            os.close(folder)
            raise PermissionError(errno.EPERM, f"user {status.st_uid} has not opened it to all")
        os.fchmod(folder, 0o1777)
    return folder


def _wait_for_slot(folder: int, names: Sequence[str], size: int, holder: str, width: int = 1) -> Slot:
    told = False
    while not isinstance(found := _free_slot(folder, names, size, holder, width), Slot):
        if not told:
            _log.info("waiting for %s: held by %s", " or ".join(names), ", ".join(found))
            told = True
        time.sleep(POLL)
    return found


def _free_slot(folder: int, names: Sequence[str], size: int, holder: str, width: int) -> Slot | list[str]:
    """Take slots of the emptiest device; where too few are free, what the holders say of themselves."""
    with _alone(folder), _tried(folder, names, size) as locks:
        emptiest = min(names, key=lambda name: locks[name].count(None))
        if locks[emptiest].count(None) + width > size:
            taken = ((name, n) for name in names for n, lock in enumerate(locks[name]) if lock is None)
            return list(dict.fromkeys(_words(folder, *slot) for slot in taken))
        chosen = [(n, lock) for n, lock in enumerate(locks[emptiest]) if lock is not None][:width]
        for number, descriptor in chosen:
            locks[emptiest][number] = None  # not given back
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()} ({holder})".encode())
        return Slot(emptiest, chosen[0][0], tuple(descriptor for _, descriptor in chosen))


@contextmanager
def _alone(folder: int) -> Iterator[None]:
    """One process at a time: two that try the locks at once would take each other for holders.

    Who is kept from that goes on without it: the worst is to find all slots taken and to look again.
    """
    descriptor = _open(folder, "choosing")
    try:
        end = time.monotonic() + _PATIENCE
        while not (alone := lock(descriptor)) and time.monotonic() < end:
            time.sleep(_MOMENT)
        if not alone and not _told.is_set():
            _told.set()
            _log.warning("%s keeps others from choosing a GPU; going on without", holder_of(descriptor))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _tried(folder: int, names: Sequence[str], size: int) -> Iterator[dict[str, list[int | None]]]:
    """Lock all slots that are free; those that are still in the lists at the end are given back.

    None stands for a slot that another process holds. A device has more than ``size`` where another
    process has allowed more.
    """
    locks: dict[str, list[int | None]] = {name: [] for name in names}
    files = set(os.listdir(folder))
    try:
        for name, found in locks.items():
            while len(found) < size or _file(name, len(found)) in files:
                found.append(_try(folder, _file(name, len(found))))
        yield locks
    finally:
        for descriptor in (lock for found in locks.values() for lock in found if lock is not None):
            os.close(descriptor)


def _try(folder: int, file: str) -> int | None:
    descriptor = _open(folder, file)
    if lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _words(folder: int, name: str, number: int) -> str:
    descriptor = _open(folder, _file(name, number))
    try:
        text = os.pread(descriptor, 300, 0).decode(errors="replace")
        return "".join(sign if sign.isprintable() else "?" for sign in text)
    finally:
        os.close(descriptor)


def _file(name: str, number: int) -> str:
    return f"{re.sub(r'[^A-Za-z0-9-]', '_', name)}.{number}"


def _open(folder: int, file: str) -> int:
    """Descriptor of a lock file that all users can lock; it is made where it is not there."""
    while True:
        # Not in one: Linux may refuse O_CREAT for the file of another user in such a folder.
        with suppress(FileNotFoundError):
            return _checked(os.open(file, _FLAGS, dir_fd=folder))
        with suppress(FileExistsError):
            descriptor = os.open(file, _FLAGS | os.O_CREAT | os.O_EXCL, dir_fd=folder)
            os.fchmod(descriptor, 0o666)
            return descriptor


def _checked(descriptor: int) -> int:
    """Refuse what another user may have put in place of a lock file: it is written to."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        raise PermissionError(errno.EPERM, "something else lies in the place of a lock file")
    return descriptor


def _forget() -> None:
    """In a forked child: its copies of the descriptors would keep the slots after this process."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget)
