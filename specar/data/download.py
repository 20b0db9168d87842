"""Fetching the files of a dataset: a file appears under its name only complete and verified."""

from __future__ import annotations

import gzip
import logging
import re
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import pooch
import requests
from tqdm import tqdm

from specar.data.mirror import MIRROR_VARIABLE, is_url, own_files
from specar.data.registry import Dataset, DatasetFile
from specar.errors import SpecarError
from specar.files import atomic_path, sha256_of

ATTEMPTS = 3  # per URL
BACKOFF = 1.0  # seconds before the second attempt; doubles for each further one
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two reads

_BLOCK = 1 << 16
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


def fetch(
    name: str, dataset: Dataset, folder: Path, mirror: str | None = None, progress: bool | None = None
) -> list[Path]:
    """Make every file of a dataset present and verified in a folder.

    A file that is there with the right SHA-256 is kept without any request, and one without a SHA-256 in
    the registry unless a local mirror has another one. Otherwise the mirror is tried first, then the
    URLs of the registry in order. Several processes may fetch at once.

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
        The files, in the order of the registry entry.

    Raises
    ------
    SpecarError
        No source gives the right file, the mirror is no folder, or the folder cannot be written to.
        Nothing partial is left in ``folder``; a wrong file that lay there before stays.
    """
    show = sys.stderr.isatty() if progress is None else progress
    paths = [Path(folder) / file.name for file in dataset.files]
    for file, path in zip(dataset.files, paths, strict=True):
        if not _present(name, file, path) or _outdated(path, own_files(dataset, mirror)):
            _fetch_file(name, file, path, _sources(dataset, file, mirror), show)
    return paths


def _present(name: str, file: DatasetFile, path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        if file.sha256 is None or sha256_of(path) == file.sha256:
            return True
    except OSError as error:
        raise SpecarError(f"dataset {name}: cannot read {path}: {error.strerror or error}") from error
    _log.warning("dataset %s: %s does not have the registry's sha256; fetching it again", name, path)
    return False


def _outdated(path: Path, own: list[Path]) -> bool:
    """Whether a user's own file in a local mirror differs from our copy ``path`` of it."""
    copied = [file for file in own if file.name in (path.name, f"{path.name}.gz")]
    return bool(copied) and (copied[0].suffix == ".gz" or sha256_of(copied[0]) != sha256_of(path))


def _sources(dataset: Dataset, file: DatasetFile, mirror: str | None) -> list[_Source]:
    upstream = [_Source(url, remote=True) for url in file.urls]
    return [*_mirrored(f"{dataset.folder}/{file.name}", mirror), *upstream] if mirror else upstream


def _mirrored(path: str, mirror: str) -> list[_Source]:
    if remote := is_url(mirror):
        location = f"{mirror.rstrip('/')}/{quote(path)}"
    elif (root := Path(mirror).expanduser()).is_dir():
        location = str(root / path)
    else:
        raise SpecarError(f"data mirror {mirror} is not a folder; correct data.mirror or {MIRROR_VARIABLE}")
    return [_Source(location, remote), _Source(f"{location}.gz", remote, packed=True)]


def _fetch_file(name: str, file: DatasetFile, path: Path, sources: list[_Source], show: bool) -> None:
    reasons: list[str] = []
    unreachable = False
    for source in sources:
        # A packed source follows the plain one of the same mirror; no use in waiting for it twice.
        if source.packed and unreachable:
            continue
        try:
            return _obtain(source, file, path, show)
        except _SourceError as problem:
            unreachable = isinstance(problem, _PassingError)
            reasons.append(f"{_without_password(source.location)}: {problem}")
            _log.info("dataset %s: %s", name, reasons[-1])
    raise SpecarError(
        f"dataset {name}: no source gives {file.name} ({'; '.join(reasons) or 'it has no urls'}); "
        f"check the network, set data.mirror or {MIRROR_VARIABLE}, or put the file at {path}"
    )


def _without_password(location: str) -> str:
    return re.sub(r"//[^/@]*@", "//", location, count=1)


def _obtain(source: _Source, file: DatasetFile, path: Path, show: bool) -> None:
    with atomic_path(path) as temporary:
        if source.remote:
            _download(source, file, temporary, show)
        else:
            _copy(source, temporary)
        actual = sha256_of(temporary)
        if file.sha256 not in (None, actual):
            raise _SourceError(f"wrong sha256 {actual[:12]}…, expected {str(file.sha256)[:12]}…")
    _log.info("%s: from %s", path, _without_password(source.location))


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


def _write(stream: IO[bytes] | gzip.GzipFile, target: Path) -> None:
    with target.open("wb") as output:
        for block in _blocks(stream):
            output.write(block)


def _blocks(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    try:
        while block := stream.read(_BLOCK):
            yield block
    except EOFError:
        raise _SourceError("truncated gzip file") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _SourceError(f"damaged gzip file ({error})") from error
    except OSError as error:
        raise _SourceError(f"cannot read it ({error.strerror or error})") from error


def _download(source: _Source, file: DatasetFile, target: Path, show: bool) -> None:
    if not source.packed:
        with target.open("wb") as output:
            _get(source.location, file, output, show)
        return
    with tempfile.TemporaryFile(dir=target.parent) as packed:
        decoded = _get(source.location, file, packed, show)
        packed.seek(0)
        _write(packed if decoded else gzip.GzipFile(fileobj=packed), target)


def _get(url: str, file: DatasetFile, output: IO[bytes], show: bool) -> bool:
    """Download with retries; tell whether HTTP's own compression has already been undone."""
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            _log.info("%s: %s; trying again", _without_password(url), reason)
            time.sleep(BACKOFF * 2 ** (attempt - 1))
        output.seek(0)
        output.truncate()
        try:
            return _get_once(url, file, output, show)
        except _PassingError as problem:
            reason = str(problem)
    raise _PassingError(f"{reason}, {ATTEMPTS} attempts")


def _get_once(url: str, file: DatasetFile, output: IO[bytes], show: bool) -> bool:
    responses: list[requests.Response] = []  # the last one is the answer, those before are redirects
    # A positive total: pooch takes the truth value of the bar before it sets the real one.
    bar = tqdm(total=file.bytes or 1, desc=file.name, unit="B", unit_scale=True, disable=not show)
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
