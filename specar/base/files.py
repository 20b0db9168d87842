"""Reading, hashing and atomically writing files."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from specar.base.errors import SpecarError

_DAY = 24 * 60 * 60  # seconds; on some file systems the lock of a process on another host does not show


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it only when the block succeeds.

    Whatever interrupts the block, ``path`` holds either its old content or the complete new one. What a
    process that was killed has left of its temporary file goes with the next writing, on another host when
    it is a day old. Several processes may write at once. The block must write to the file itself, not put
    another one in its place. Raises SpecarError: the folder cannot be written to or the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        with _locked_part(path) as temporary:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            os.umask(mask := os.umask(0))
            temporary.chmod(0o666 & ~mask)
            temporary.replace(path)
    except OSError as error:
        raise SpecarError(
            f"cannot write {path}: {error.strerror or error}; free space or check permissions"
        ) from error


@contextmanager
def _locked_part(path: Path) -> Iterator[Path]:
    """A new file beside ``path``, locked for as long as this process works on it, then removed."""
    handle, part = _new_part(path)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)
        os.close(handle)


def _new_part(path: Path) -> tuple[int, Path]:
    while True:
        prefix = f"{_part_stem(path)}.{_host()}."
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=path.parent)
        with suppress(OSError):  # without locks on this file system, nobody takes it for a leftover either
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)  # another process took it for a leftover before it was locked


def _part_stem(path: Path) -> str:
    """Start of the names of temporary files; a name that leaves no room for the rest is hashed."""
    name = os.fsencode(path.name)
    return f".{path.name if len(name) < 150 else hashlib.sha256(name).hexdigest()}"


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "_", os.uname().nodename)[:64]


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files for ``path`` that nobody works on."""
    name = re.compile(re.escape(_part_stem(path)) + r"\.([A-Za-z0-9_-]+)\.[a-z0-9_]{8}\.part")
    for part in path.parent.iterdir():
        if found := name.fullmatch(part.name):
            with suppress(OSError):  # it is locked, gone by now or another user's
                if found[1] == _host() or time.time() - part.stat().st_mtime > _DAY:
                    with part.open("r+b") as file:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        part.unlink()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def json_text(value: Any) -> str:
    """Return ``value`` as indented JSON with a newline at the end; NaN and infinity are refused."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically; NaN and infinity are refused."""
    write_text(path, json_text(value))


def update_json(path: Path, value: Any) -> None:
    """Write ``value`` as :func:`write_json` does, but leave a file alone that says so already."""
    text = json_text(value)
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(path, text)


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no number")


def read_json(path: Path) -> Any:
    """Read a JSON file; SpecarError: it is missing or is not valid JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refused)
    except OSError as error:
        raise SpecarError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise SpecarError(f"{path} is not valid JSON ({error}); delete it and re-run") from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob_of(path: Path) -> str:
    """Git's id of a file's content (``git hash-object``), in hex."""
    path = Path(path)
    with path.open("rb") as file:
        start = b"blob %d\0" % path.stat().st_size
        return hashlib.file_digest(file, lambda: hashlib.sha1(start, usedforsecurity=False)).hexdigest()
