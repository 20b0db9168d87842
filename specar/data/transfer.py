"""Moving bytes from a source into a file: HTTP with retries, gzip, zip archives; every failure is named."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import logging
import lzma
import stat
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from queue import Empty, Queue
from threading import Event, Thread
from typing import IO, Self, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from tqdm import tqdm

from specar.data.entries import Archive

ATTEMPTS = 3  # per URL
BACKOFF = 1.0  # seconds before the second attempt; doubles for each further one
PATIENCE = 10.0  # seconds for an answer, and for each block of it: no server may be slower
BLOCK = 1 << 15  # bytes
LARGEST = 2 << 30  # bytes of what has no size in the registry

# What zipfile and gzip raise on a file that they cannot unpack; RuntimeError: encrypted or unknown method.
_DAMAGE = (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError,
           ValueError, LookupError, OverflowError)  # fmt: skip
_NO_ADDRESS = (requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema, UnicodeError,
               requests.exceptions.InvalidURL, urllib3.exceptions.LocationValueError)  # fmt: skip
_FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError,
           ValueError)  # fmt: skip
_log = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.ERROR)  # what it says below has whole URLs
_T = TypeVar("_T")


class SourceError(Exception):
    """A source cannot give the file; the message says why."""


class PassingError(SourceError):
    """A source failed in a way that another attempt may cure."""


def shown(url: str) -> str:
    """Return a URL fit for messages: without user and password, and without what a token may be in."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    host = parts.netloc.rpartition("@")[2]
    if not host:
        return "…" if set(url) & set("@?#") else url
    # An "@" behind what looks like a port: both may be of a password with a slash in it.
    if ":" in host and "@" in url.partition(parts.netloc)[2]:
        return f"{parts.scheme}://…"
    path, parameters, _ = parts.path.partition(";")
    return f"{parts.scheme}://{host}{path}{'?…' if parameters or parts.query or parts.fragment else ''}"


def bound(size: int | None) -> int:
    """Bytes after which a file is given up: 1 % and 64 KiB over its size in the registry, else 2 GiB."""
    return LARGEST if size is None else size + size // 100 + (64 << 10)


def get(url: str, title: str, size: int | None, output: IO[bytes], show: bool) -> bool:
    """Download with retries into ``output``; tell whether HTTP has packed it (gzip) on the way.

    ``title`` is for the progress bar, ``size`` in bytes, where known, bounds what is taken. Raises
    SourceError: the URL does not give the file; PassingError where another attempt may cure it.
    """
    reason = ""
    for attempt in range(ATTEMPTS):
        _log.info("%s: %s", shown(url), f"{reason}; trying again" if attempt else f"asking for {title}")
        time.sleep(BACKOFF * 2 ** (attempt - 1) if attempt else 0)
        output.seek(0)
        output.truncate()
        try:
            return _get_once(url, title, bound(size), output, show)
        except PassingError as problem:
            reason = str(problem)
    raise PassingError(f"{reason}, {ATTEMPTS} attempts")


def _get_once(url: str, title: str, limit: int, output: IO[bytes], show: bool) -> bool:
    encoding = ""
    with tqdm(desc=title, unit="B", unit_scale=True, disable=not show) as bar:
        for response, block in _patiently(_answer(url)):
            bar.total = _length(response)
            if max(bar.total or 0, output.tell() + len(block)) > limit:
                raise too_large(limit)
            encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
            output.write(block)
            bar.update(len(block))
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise SourceError("it is packed in a way that nobody asked for")
    return encoding != "identity"


def _answer(url: str) -> Iterator[tuple[requests.Response, bytes]]:
    """The answer with each block as it was sent; the first one is empty."""
    received = 0
    asked = {"Accept-Encoding": "identity"}  # so that Content-Length is the size of the file
    try:
        with requests.get(url, stream=True, timeout=PATIENCE, headers=asked) as response:
            if (status := response.status_code) != 200:
                raise (PassingError if status == 429 or status >= 500 else SourceError)(f"HTTP {status}")
            yield response, b""
            while block := response.raw.read(BLOCK, decode_content=False):
                received += len(block)
                yield response, block
            # urllib3 2 already refuses a short body, urllib3 1.26 (which requests allows) does not.
            if (expected := _length(response)) not in (None, received):
                raise PassingError(f"connection cut after {received} of {expected} bytes")
    except _FAULTS as error:
        raise _explained(error) from None


def _length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() and len(text) < 20 else None


def _patiently(parts: Iterator[_T]) -> Iterator[_T]:
    """The same parts, made in another thread: that may wait for a server as long as it will, this one not."""
    made: Queue[_T | Exception | None] = Queue(16)
    stopped = Event()

    def make() -> None:
        try:
            for part in parts:
                made.put(part)
                if stopped.is_set():
                    return
            made.put(None)
        except Exception as error:
            made.put(error)

    Thread(target=make, daemon=True).start()
    try:
        while (part := made.get(timeout=PATIENCE)) is not None:
            if isinstance(part, Exception):
                raise part
            yield part
    except Empty:
        raise PassingError(_slow()) from None
    finally:
        stopped.set()
        while not made.empty():  # so that it does not wait for room
            made.get_nowait()


def _slow() -> str:
    return f"timed out, less than {BLOCK >> 10} KiB in {PATIENCE:g} s"


def _explained(error: Exception) -> SourceError:
    """Say it in own words: those of the libraries have the URL with its password."""
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return PassingError(_slow())
    if isinstance(error, _NO_ADDRESS):
        return SourceError("it is, or leads to, an address that cannot be asked")
    if isinstance(error, requests.TooManyRedirects):
        return SourceError("it leads from one address to the next without an end")
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError)):
        return PassingError("connection cut")
    if isinstance(error, (requests.ConnectionError, OSError)):
        return PassingError(f"no connection ({_root_cause(error)})")
    return SourceError(f"unreadable answer ({type(error).__name__})")


def _root_cause(error: BaseException) -> str:
    # requests wraps the socket's error in several layers, each repeating the last one's text.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return str(cause.strerror)
        error, cause = cause, cause.__cause__ or cause.__context__
    return type(error).__name__


def too_large(limit: int) -> SourceError:
    """Return the error about a file that is larger than its bound."""
    return SourceError(f"more than {limit} bytes; if that is right, correct bytes in its registry entry")


def write(stream: IO[bytes] | gzip.GzipFile, target: Path, limit: int, form: str = "gzip") -> None:
    """Write what a stream, packed in a ``form`` or not, holds.

    Raises SourceError: it cannot be read, or holds more than ``limit`` bytes.
    """
    with target.open("wb") as output:
        for block in _blocks(stream, form):
            if output.tell() + len(block) > limit:
                raise too_large(limit)
            output.write(block)


def _blocks(stream: IO[bytes] | gzip.GzipFile, form: str) -> Iterator[bytes]:
    with reading(form):
        while block := stream.read(BLOCK):
            yield block


@contextmanager
def reading(form: str) -> Iterator[None]:
    """Turn what goes wrong on the reading side into SourceError.

    An OSError from elsewhere is then one of writing, such as a full disk.
    """
    try:
        yield
    except EOFError:
        raise SourceError(f"truncated {form} file") from None
    except _DAMAGE as error:
        raise SourceError(f"damaged {form} file ({error})") from error
    except OSError as error:
        raise SourceError(f"cannot read it ({error.strerror or error})") from error


class Archives:
    """The zip archives of one fetch: each is downloaded once, to a file without a name."""

    def __init__(self, show: bool) -> None:
        self.show = show
        self._files = ExitStack()
        self._opened: dict[Archive, zipfile.ZipFile | SourceError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def extract(self, archive: Archive, target: Path, size: int | None) -> None:
        """Write the member to ``target``, in whose folder the archive lies meanwhile; ``size`` bounds it.

        Raises SourceError: the archive cannot be had, is not the registry's, is damaged, or lacks the member.
        """
        opened = self._open(archive, target.parent)
        member = _member(opened, archive.member, bound(size))
        with reading("zip"):
            stream = opened.open(member)
        with stream:
            write(stream, target, bound(size), "zip")

    def _open(self, archive: Archive, folder: Path) -> zipfile.ZipFile:
        key = archive.model_copy(update={"member": ""})
        if key not in self._opened:
            try:
                self._opened[key] = self._fetched(archive, folder)
            except SourceError as error:
                self._opened[key] = error  # the other members need not wait for it again
        opened = self._opened[key]
        if isinstance(opened, SourceError):
            raise opened
        return opened

    def _fetched(self, archive: Archive, folder: Path) -> zipfile.ZipFile:
        with ExitStack() as files:
            packed = files.enter_context(tempfile.TemporaryFile(dir=folder))
            get(archive.url, PurePosixPath(shown(archive.url)).name, archive.bytes, packed, self.show)
            packed.seek(0)
            actual = hashlib.file_digest(packed, "sha256").hexdigest()
            if archive.sha256 and archive.sha256 != actual:
                raise SourceError(f"wrong sha256 {actual[:12]}…, expected {archive.sha256[:12]}…")
            with reading("zip"):
                opened = files.enter_context(zipfile.ZipFile(packed))
            self._files.enter_context(files.pop_all())
            return opened


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> zipfile.ZipInfo:
    members = archive.infolist()
    base = PurePosixPath(name).name
    found = [member for member in members if member.filename == name]
    found = found or [member for member in members if PurePosixPath(member.filename).name == base]
    if len(found) != 1:
        raise SourceError(f"{'several members' if found else 'no member'} {base} in the zip file")
    member = found[0]
    if member.is_dir() or stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise SourceError(f"member {base} of the zip file is a folder, link or device")
    if member.file_size > limit:
        raise too_large(limit)
    return member
