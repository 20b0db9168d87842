"""Fetching the files of a dataset: a file appears under its name only complete and verified."""

from __future__ import annotations

import codecs
import gzip
import logging
import os
import re
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from specar.base.errors import SpecarError
from specar.base.files import atomic_path, sha256_of
from specar.base.locks import write_lock
from specar.base.names import looked_for
from specar.data.entries import Archive, DatasetEntry, DatasetFile
from specar.data.mirror import MIRROR_VARIABLE, components, is_url, mirrored_copies, missing_files
from specar.data.registry import Dataset
from specar.data.transfer import Archives, PassingError, SourceError, bound, get, shown, write

# How no file of data starts, and what does; "<DATE>" is a column of some.
_OTHERS = {
    "a web page": rb"(?i)<(!|\?xml|(html|head|body|title|meta|script|style|center|error)\b)",
    "a message": rb'\{\s*"',
    "packed": rb"\x1f\x8b|PK[\3\5]|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!",
    "a pointer of Git LFS": rb"version https://git-lfs",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Source:
    location: str  # path or URL
    remote: bool
    packed: bool = False  # gzip; unpacked on the way
    archive: Archive | None = None  # zip; the file is a member of it

    @property
    def shown(self) -> str:
        return shown(self.location) if self.remote else self.location


def fetch(
    name: str, dataset: Dataset, folder: Path, mirror: str | None = None, progress: bool | None = None
) -> list[Path]:
    """Make every used file of a dataset present and verified; return them in the order of ``used_files``.

    They go to ``folder/<file name>``, those of a joined dataset where its parts have them. A file that is
    there with the right checksum is kept without any request, and one of which the registry knows no checksum
    unless it is a user's own and a local mirror has another one. Otherwise the mirror (a local folder or base
    URL with ``<dataset.folder>/<file name>``, also with ``.gz`` appended) is tried first, then the sources of
    the registry. A zip archive is downloaded once for all its members and not kept. What nothing can verify
    is taken with a warning. Several processes may fetch at once: one does it, the others wait and find it
    done. ``progress``: whether to show a bar; None: only when stderr is a terminal.

    Raises SpecarError: no source gives the right file, the dataset is on request and not in place, the mirror
    is no folder, or ``folder`` cannot be written to. Nothing partial is left there; a wrong file that lay
    there before stays.
    """
    show = sys.stderr.isatty() if progress is None else progress
    paths: list[Path] = []
    for part, entry, place in components(name, dataset, Path(folder)):
        _fetch(part, entry, place, mirror, show)
        paths += [place / file.name for file in entry.used_files]
    return paths


def _fetch(name: str, dataset: DatasetEntry, folder: Path, mirror: str | None, show: bool) -> None:
    _check_restricted(name, dataset, folder, mirror)
    with write_lock(folder, f"fetches or prepares {name}"), Archives(show) as archives:
        for file in dataset.used_files:
            path = folder / file.name
            if not _present(name, file, path) or _outdated(dataset, file, path, mirror):
                reasons = _try_sources(name, file, path, _sources(dataset, file, mirror), archives)
                if reasons is not None:
                    raise _failure(name, dataset, file, path, reasons)


def _check_restricted(name: str, dataset: DatasetEntry, folder: Path, mirror: str | None) -> None:
    # Whether a mirror behind a URL has the files only shows when they are requested.
    if not dataset.restricted or (mirror and is_url(mirror)):
        return
    if missing := missing_files(dataset, folder, mirror):
        place = f"{_mirror_root(mirror) if mirror else '<mirror>'}/{dataset.folder}"
        raise SpecarError(
            f"dataset {name} is on request and {', '.join(file.name for file in missing)} not in place: "
            f"{dataset.restricted}; put the files into {folder} or {place}"
        )


def _failure(
    name: str, dataset: DatasetEntry, file: DatasetFile, path: Path, reasons: list[str]
) -> SpecarError:
    if path.is_file() and (problem := _mismatch(file, path)):
        reasons = [f"{path}: {problem}", *reasons]
    why = f"dataset {name}: no source gives {file.name} ({'; '.join(reasons) or 'it has no urls'})"
    if dataset.restricted:
        return SpecarError(
            f"{why}; {dataset.restricted}; to use a copy that differs, repeat the whole list "
            f"datasets.{name}.files with its sha256 (lists replace lists)"
        )
    return SpecarError(
        f"{why}; check the network, set data.mirror or {MIRROR_VARIABLE}, or put the file at {path}"
    )


def _present(name: str, file: DatasetFile, path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        problem = _mismatch(file, path)
    except OSError as error:
        raise SpecarError(f"dataset {name}: cannot read {path}: {error.strerror or error}") from error
    if problem:
        _log.warning("dataset %s: %s: %s; fetching it again", name, path, problem)
    return problem is None


def _mismatch(file: DatasetFile, path: Path) -> str | None:
    """How the content of ``path`` differs from that in the registry, or from a file of data at all."""
    if not file.hashed:
        return _no_data(file, path)
    problem = file.wrong_hash(path)
    return problem and f"wrong {problem}"


def _no_data(file: DatasetFile, path: Path) -> str | None:
    """Why a file of which no hash is known cannot be the right one, as far as one can tell."""
    size = path.stat().st_size
    if file.bytes not in (None, size) and not file.own:
        return f"wrong size {size} bytes, expected {file.bytes}"
    with path.open("rb") as stream:
        start = stream.read(512).removeprefix(codecs.BOM_UTF8).lstrip(b"\xff\xfe\0 \t\r\n")
    if not start:
        return "it is empty"
    start = start.replace(b"\0", b"")  # UTF-16
    found = next((what for what, sign in _OTHERS.items() if re.match(sign, start)), None)
    return found and f"it is {found}, not the file"


def _outdated(dataset: DatasetEntry, file: DatasetFile, path: Path, mirror: str | None) -> bool:
    """Whether a user's own file in a local mirror differs from our copy ``path`` of it."""
    copies = mirrored_copies(dataset, file, mirror) if file.own else []
    return bool(copies) and (copies[0].suffix == ".gz" or sha256_of(copies[0]) != sha256_of(path))


def _sources(dataset: DatasetEntry, file: DatasetFile, mirror: str | None) -> list[_Source]:
    urls = [_Source(url, remote=True) for url in file.urls]
    archives = [_Source(archive.url, remote=True, archive=archive) for archive in file.archives]
    upstream = sorted([*urls, *archives], key=lambda source: not _verifiable(file, source))
    return [*_mirrored(f"{dataset.folder}/{file.name}", mirror), *upstream] if mirror else upstream


def _verifiable(file: DatasetFile, source: _Source) -> bool:
    return file.hashed or bool(source.archive and source.archive.sha256)


def _mirrored(path: str, mirror: str) -> list[_Source]:
    remote = is_url(mirror)
    location = f"{mirror.rstrip('/')}/{quote(path)}" if remote else str(_mirror_root(mirror) / path)
    return [_Source(location, remote), _Source(f"{location}.gz", remote, packed=True)]


def _mirror_root(mirror: str) -> Path:
    if not (root := Path(mirror).expanduser()).is_dir():
        name = shown(mirror) if "://" in mirror else mirror
        where = f"{name} is not a folder{looked_for(root)}"
        raise SpecarError(f"data mirror {where}; correct data.mirror or {MIRROR_VARIABLE}")
    return root


def _try_sources(
    name: str, file: DatasetFile, path: Path, sources: list[_Source], archives: Archives
) -> list[str] | None:
    """Take a file from the first source that gives it; None, or why each of them does not."""
    reasons: list[str] = []
    unreachable = False
    for source in sources:
        # A packed source follows the plain one of the same mirror; no use in waiting for it twice.
        if source.packed and unreachable:
            continue
        try:
            _obtain(source, file, path, archives)
        except SourceError as problem:
            unreachable = isinstance(problem, PassingError)
            reasons.append(f"{source.shown}: {problem}")
            _log.info("dataset %s: %s", name, reasons[-1])
        else:
            _log.info("%s: from %s", path, source.shown)
            if not file.own and not _verifiable(file, source):
                unverified = f"{file.name} from {source.shown} not verified: no checksum is known"
                _log.warning("dataset %s: %s", name, unverified)
            return None
    return reasons


def _obtain(source: _Source, file: DatasetFile, path: Path, archives: Archives) -> None:
    with atomic_path(path) as temporary:
        if source.archive:
            archives.extract(source.archive, temporary, file.bytes)
        elif source.remote:
            _download(source, file, temporary, archives.show)
        else:
            _copy(source, file, temporary)
        if problem := _mismatch(file, temporary):
            raise SourceError(problem)


def _copy(source: _Source, file: DatasetFile, target: Path) -> None:
    with _opened(Path(source.location)) as stream:
        write(gzip.GzipFile(fileobj=stream) if source.packed else stream, target, bound(file.bytes))


def _opened(path: Path) -> IO[bytes]:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would let us wait for ever
    except FileNotFoundError:
        raise SourceError("no such file") from None
    except OSError as error:
        raise SourceError(f"cannot read it ({error.strerror or error})") from error
    if stat.S_ISREG(os.fstat(number).st_mode):
        return os.fdopen(number, "rb")
    os.close(number)
    raise SourceError("it is a folder, pipe or device, not a file")


def _download(source: _Source, file: DatasetFile, target: Path, show: bool) -> None:
    with tempfile.TemporaryFile(dir=target.parent) as body:
        encoded = get(source.location, file.name, file.bytes, body, show)
        body.seek(0)
        packed = encoded or source.packed
        write(gzip.GzipFile(fileobj=body) if packed else body, target, bound(file.bytes))
