"""Moving bytes from a source into a file: HTTP with retries, and packed streams; every failure is named."""

from __future__ import annotations

import gzip
import logging
import lzma
import re
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pooch
import requests
from tqdm import tqdm

ATTEMPTS = 3  # per URL
BACKOFF = 1.0  # seconds before the second attempt; doubles for each further one
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two reads

_BLOCK = 1 << 16
# What zipfile and gzip raise on a file that they cannot unpack; RuntimeError: encrypted or unknown method.
_DAMAGE = (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError)
_log = logging.getLogger(__name__)


class SourceError(Exception):
    """A source cannot give the file; the message says why."""


class PassingError(SourceError):
    """A source failed in a way that another attempt may cure."""


def without_password(location: str) -> str:
    """Return a URL fit for messages."""
    return re.sub(r"//[^/@]*@", "//", location, count=1)


def get(url: str, title: str, size: int | None, output: IO[bytes], show: bool) -> bool:
    """Download with retries into ``output``; tell whether HTTP's own compression has already been undone.

    ``title`` and ``size`` (bytes, where known) are for the progress bar.

    Raises
    ------
    SourceError
        The URL does not give the file; PassingError where another attempt may cure it.
    """
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            _log.info("%s: %s; trying again", without_password(url), reason)
            time.sleep(BACKOFF * 2 ** (attempt - 1))
        output.seek(0)
        output.truncate()
        try:
            return _get_once(url, title, size, output, show)
        except PassingError as problem:
            reason = str(problem)
    raise PassingError(f"{reason}, {ATTEMPTS} attempts")


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
        raise PassingError(f"connection cut after {received} of {expected} bytes")
    return False


def _explained(error: Exception) -> SourceError:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        again = status == 429 or status >= 500
        return (PassingError if again else SourceError)(f"HTTP {status}")
    if isinstance(error, requests.Timeout):
        return PassingError("timed out")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return PassingError("connection cut")
    if isinstance(error, requests.ConnectionError):
        return PassingError(f"no connection ({_root_cause(error)})")
    return SourceError(" ".join(str(error).split()))


def _root_cause(error: BaseException) -> str:
    # requests wraps the socket's error in several layers, each repeating the last one's text.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return str(cause.strerror)
        error, cause = cause, cause.__cause__ or cause.__context__
    return type(error).__name__


def write(stream: IO[bytes] | gzip.GzipFile, target: Path, form: str = "gzip") -> None:
    """Write what a stream, packed in a ``form`` or not, holds; SourceError if it cannot be read."""
    with target.open("wb") as output:
        for block in _blocks(stream, form):
            output.write(block)


def _blocks(stream: IO[bytes] | gzip.GzipFile, form: str) -> Iterator[bytes]:
    with reading(form):
        while block := stream.read(_BLOCK):
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
