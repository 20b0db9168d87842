"""Fetching the files of a dataset: a file appears under its name only complete and verified."""

from __future__ import annotations

import gzip
import hashlib
import logging
import lzma
import re
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Self
from urllib.parse import quote

import pooch
import requests
from tqdm import tqdm

from specar.data.mirror import MIRROR_VARIABLE, is_url, mirrored_copies, missing_files
from specar.data.registry import Archive, Dataset, DatasetFile
from specar.errors import SpecarError
from specar.files import atomic_path, git_blob_of, sha256_of

ATTEMPTS = 3  # per URL
BACKOFF = 1.0  # seconds before the second attempt; doubles for each further one
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two reads

_BLOCK = 1 << 16
# What zipfile and gzip raise on a file that they cannot unpack; RuntimeError: encrypted or unknown method.
_DAMAGE = (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError)
_log = logging.getLogger(__name__)


class _SourceError(Exception):
    """A source cannot give the file; the message says why."""


class _PassingError(_SourceError):
    """A source failed in a way that another attempt may cure."""


@dataclass(frozen=True)
class _Source:
    location: str  # path or URL
    remote: bool
    packed: bool = False  # gzip; unpacked on the way
    archive: Archive | None = None  # zip; the file is a member of it


def fetch(
    name: str, dataset: Dataset, folder: Path, mirror: str | None = None, progress: bool | None = None
) -> list[Path]:
    """Make every used file of a dataset present and verified in a folder.

    A file that is there with the right checksum is kept without any request, and one of which the
    registry knows no checksum unless it is a user's own and a local mirror has another one. Otherwise
    the mirror is tried first, then the sources of the registry. A zip archive is downloaded once for all
    its members and not kept. What nothing can verify is taken with a warning. Several processes may
    fetch at once.

    Parameters
    ----------
    name
        Name of the dataset, for messages.
    dataset
        Its registry entry.
    folder
        Where the files go, as ``folder/<file name>``.
    mirror
        Local folder or base URL with ``<dataset.folder>/<file name>``, also with ``.gz`` appended.
    progress
        Whether to show a progress bar; None: only when stderr is a terminal.

    Returns
    -------
    list of Path
        The files, in the order of ``dataset.used_files``.

    Raises
    ------
    SpecarError
        No source gives the right file, the dataset is on request and not in place, the mirror is no
        folder, or the folder cannot be written to. Nothing partial is left in ``folder``; a wrong file
        that lay there before stays.
    """
    folder = Path(folder)
    _check_restricted(name, dataset, folder, mirror)
    with _Archives(sys.stderr.isatty() if progress is None else progress) as archives:
        for file in dataset.used_files:
            path = folder / file.name
            if not _present(name, file, path) or _outdated(dataset, file, path, mirror):
                reasons = _try_sources(name, file, path, _sources(dataset, file, mirror), archives)
                if reasons is not None:
                    raise _failure(name, dataset, file, path, reasons)
    return [folder / file.name for file in dataset.used_files]


def _check_restricted(name: str, dataset: Dataset, folder: Path, mirror: str | None) -> None:
    # Whether a mirror behind a URL has the files only shows when they are requested.
    if not dataset.restricted or (mirror and is_url(mirror)):
        return
    missing = missing_files(dataset, folder, mirror)
    if missing:
        place = f"{_mirror_root(mirror) if mirror else '<mirror>'}/{dataset.folder}"
        raise SpecarError(
            f"dataset {name} is on request and {', '.join(file.name for file in missing)} not in place: "
            f"{dataset.restricted}; put the files into {folder} or {place}"
        )


def _failure(name: str, dataset: Dataset, file: DatasetFile, path: Path, reasons: list[str]) -> SpecarError:
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
        _log.warning("dataset %s: %s has a %s; fetching it again", name, path, problem)
    return problem is None


def _mismatch(file: DatasetFile, path: Path) -> str | None:
    """How the content of ``path`` differs from that in the registry, if it is known and differs."""
    if file.sha256:
        what, actual, expected = "sha256", sha256_of(path), file.sha256
    elif file.git_blob:
        what, actual, expected = "git blob id", git_blob_of(path), file.git_blob
    else:
        return None
    return None if actual == expected else _wrong(what, actual, expected)


def _wrong(what: str, actual: str, expected: str) -> str:
    return f"wrong {what} {actual[:12]}…, expected {expected[:12]}…"


def _outdated(dataset: Dataset, file: DatasetFile, path: Path, mirror: str | None) -> bool:
    """Whether a user's own file in a local mirror differs from our copy ``path`` of it."""
    copies = mirrored_copies(dataset, file, mirror) if file.own else []
    return bool(copies) and (copies[0].suffix == ".gz" or sha256_of(copies[0]) != sha256_of(path))


def _sources(dataset: Dataset, file: DatasetFile, mirror: str | None) -> list[_Source]:
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
        raise SpecarError(f"data mirror {mirror} is not a folder; correct data.mirror or {MIRROR_VARIABLE}")
    return root


def _try_sources(
    name: str, file: DatasetFile, path: Path, sources: list[_Source], archives: _Archives
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
        except _SourceError as problem:
            unreachable = isinstance(problem, _PassingError)
            reasons.append(f"{_without_password(source.location)}: {problem}")
            _log.info("dataset %s: %s", name, reasons[-1])
        else:
            _report(name, source, file, path)
            return None
    return reasons


def _report(name: str, source: _Source, file: DatasetFile, path: Path) -> None:
    location = _without_password(source.location)
    _log.info("%s: from %s", path, location)
    if not file.own and not _verifiable(file, source):
        _log.warning("dataset %s: %s from %s not verified: no checksum is known", name, file.name, location)


def _without_password(location: str) -> str:
    return re.sub(r"//[^/@]*@", "//", location, count=1)


def _obtain(source: _Source, file: DatasetFile, path: Path, archives: _Archives) -> None:
    with atomic_path(path) as temporary:
        if source.archive:
            archives.extract(source.archive, temporary)
        elif source.remote:
            _download(source, file, temporary, archives.show)
        else:
            _copy(source, temporary)
        if problem := _mismatch(file, temporary):
            raise _SourceError(problem)


class _Archives:
    """The zip archives of one fetch: each is downloaded once, to a file without a name."""

    def __init__(self, show: bool) -> None:
        self.show = show
        self._files = ExitStack()
        self._opened: dict[Archive, zipfile.ZipFile | _SourceError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def extract(self, archive: Archive, target: Path) -> None:
        """Write the member to ``target``, in whose folder the archive lies meanwhile."""
        opened = self._open(archive, target.parent)
        with _opened_member(opened, archive.member) as stream:
            _write(stream, target, "zip")

    def _open(self, archive: Archive, folder: Path) -> zipfile.ZipFile:
        key = archive.model_copy(update={"member": ""})
        if key not in self._opened:
            try:
                self._opened[key] = self._fetched(archive, folder)
            except _SourceError as error:
                self._opened[key] = error  # the other members need not wait for it again
        opened = self._opened[key]
        if isinstance(opened, _SourceError):
            raise opened
        return opened

    def _fetched(self, archive: Archive, folder: Path) -> zipfile.ZipFile:
        with ExitStack() as files:
            packed = files.enter_context(tempfile.TemporaryFile(dir=folder))
            _get(archive.url, PurePosixPath(archive.url).name, archive.bytes, packed, self.show)
            packed.seek(0)
            actual = hashlib.file_digest(packed, "sha256").hexdigest()
            if archive.sha256 not in (None, actual):
                raise _SourceError(_wrong("sha256", actual, str(archive.sha256)))
            with _reading("zip"):
                opened = files.enter_context(zipfile.ZipFile(packed))
            self._files.enter_context(files.pop_all())
            return opened


def _opened_member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    with _reading("zip"):
        return archive.open(_member(archive, name))


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = archive.infolist()
    base = PurePosixPath(name).name
    found = [member for member in members if member.filename == name]
    found = found or [member for member in members if PurePosixPath(member.filename).name == base]
    if len(found) != 1:
        raise _SourceError(f"{'several members' if found else 'no member'} {base} in the zip file")
    return found[0]


# Every problem on the reading side becomes _SourceError here: an OSError that reaches atomic_path
# is one of writing, such as a full disk.
def _copy(source: _Source, target: Path) -> None:
    with _opened(Path(source.location)) as stream:
        _write(gzip.GzipFile(fileobj=stream) if source.packed else stream, target)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise _SourceError("no such file") from None
    except OSError as error:
        raise _SourceError(f"cannot read it ({error.strerror or error})") from error


def _write(stream: IO[bytes] | gzip.GzipFile, target: Path, form: str = "gzip") -> None:
    with target.open("wb") as output:
        for block in _blocks(stream, form):
            output.write(block)


def _blocks(stream: IO[bytes] | gzip.GzipFile, form: str) -> Iterator[bytes]:
    with _reading(form):
        while block := stream.read(_BLOCK):
            yield block


@contextmanager
def _reading(form: str) -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise _SourceError(f"truncated {form} file") from None
    except _DAMAGE as error:
        raise _SourceError(f"damaged {form} file ({error})") from error
    except OSError as error:
        raise _SourceError(f"cannot read it ({error.strerror or error})") from error


def _download(source: _Source, file: DatasetFile, target: Path, show: bool) -> None:
    if not source.packed:
        with target.open("wb") as output:
            _get(source.location, file.name, file.bytes, output, show)
        return
    with tempfile.TemporaryFile(dir=target.parent) as packed:
        decoded = _get(source.location, file.name, file.bytes, packed, show)
        packed.seek(0)
        _write(packed if decoded else gzip.GzipFile(fileobj=packed), target)


def _get(url: str, title: str, size: int | None, output: IO[bytes], show: bool) -> bool:
    """Download with retries; tell whether HTTP's own compression has already been undone."""
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            _log.info("%s: %s; trying again", _without_password(url), reason)
            time.sleep(BACKOFF * 2 ** (attempt - 1))
        output.seek(0)
        output.truncate()
        try:
            return _get_once(url, title, size, output, show)
        except _PassingError as problem:
            reason = str(problem)
    raise _PassingError(f"{reason}, {ATTEMPTS} attempts")


def _get_once(url: str, title: str, size: int | None, output: IO[bytes], show: bool) -> bool:
    responses: list[requests.Response] = []  # the last one is the answer, those before are redirects
    # A positive total: pooch takes the truth value of the bar before it sets the real one.
    bar = tqdm(total=size or 1, desc=title, unit="B", unit_scale=True, disable=not show)
    downloader = pooch.HTTPDownloader(
        progressbar=bar,
        chunk_size=_BLOCK,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},  # so that Content-Length is the size of the file
        hooks={"response": lambda response, **_: responses.append(response)},
    )
    with bar:
        try:
            downloader(url, output, None)
        except (requests.RequestException, ValueError) as error:
            raise _explained(error) from error
    return _complete(responses[-1], output.tell())


def _complete(response: requests.Response, received: int) -> bool:
    if "Content-Encoding" in response.headers:
        return True
    # urllib3 2 already refuses a short body, urllib3 1.26 (which requests allows) does not.
    expected = response.headers.get("Content-Length")
    if expected is not None and int(expected) != received:
        raise _PassingError(f"connection cut after {received} of {expected} bytes")
    return False


def _explained(error: Exception) -> _SourceError:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        again = status == 429 or status >= 500
        return (_PassingError if again else _SourceError)(f"HTTP {status}")
    if isinstance(error, requests.Timeout):
        return _PassingError("timed out")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return _PassingError("connection cut")
    if isinstance(error, requests.ConnectionError):
        return _PassingError(f"no connection ({_root_cause(error)})")
    return _SourceError(" ".join(str(error).split()))


def _root_cause(error: BaseException) -> str:
    # requests wraps the socket's error in several layers, each repeating the last one's text.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return str(cause.strerror)
        error, cause = cause, cause.__cause__ or cause.__context__
    return type(error).__name__
