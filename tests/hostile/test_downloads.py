"""Bad downloads, all made from seeds: each is one clear line within two seconds, and nothing of it stays."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import itertools
import logging
import os
import random
import re
import socket
import socketserver
import stat
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from specar.base.errors import SpecarError
from specar.data import transfer
from specar.data.download import fetch
from specar.data.registry import Dataset

SECRET = "s3cr3t"
GOOD = b"date,a,b\n" + b"".join(b"2020-01-%02d,%d.5,%d\n" % (day, day * 7 % 5, day) for day in range(1, 29))
KNOWN = {"bytes": {"bytes": len(GOOD)}, "sha256": {"sha256": hashlib.sha256(GOOD).hexdigest()}, "nothing": {}}
BOUND = 1 << 20  # in place of 2 GiB

Reply = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Case:
    """What a server, an archive or a mirror gives in place of the file, and what is known of the file."""

    name: str
    reply: Reply | None = None
    mirror: Callable[[Path], None] | None = None
    archive: bool = False
    known: str = "nothing"
    path: str = "/series.csv"
    user: str = ""
    says: str = ""  # a pattern of the message
    good: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{self.known}"


def raw(head: str, content: bytes = b"") -> Reply:
    """An answer as it is: nothing is added, the connection ends after it."""
    return lambda connection: connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + content)


def body(content: bytes, *headers: str, status: str = "200 OK") -> Reply:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return raw("\n".join(lines) + "\n\n", content)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> Reply:
    content = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end
    return raw("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", content)


def endless(head: str, block: bytes, pause: float = 0.0) -> Reply:
    def reply(connection: socket.socket) -> None:
        raw(head)(connection)
        for _ in range(1_000_000):
            connection.sendall(block)
            time.sleep(pause)

    return reply


def zipped(name: str = "series.csv", content: bytes = GOOD, mode: int = 0, **changes: Any) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(name)
        member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, mode << 16
        archive.writestr(member, content)
        for other, text in changes.items():
            archive.writestr(other.replace("__", "/"), text)
    return packed.getvalue()


def damaged(content: bytes, seed: int) -> bytes:
    """One bit of the middle is another one."""
    place = random.Random(seed).randrange(len(content) // 4, len(content) * 3 // 4)
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


PACKED = gzip.compress(random.Random(1).randbytes(3000) + GOOD, mtime=0)
BOMB = gzip.compress(bytes(8 << 20), mtime=0)
OK = "HTTP/1.1 200 OK\n"
PAGES = [
    b"<!DOCTYPE html><title>Sign in</title>",
    b"<HTML><BODY>Sign in</BODY></HTML>",
    b"\xef\xbb\xbf  \r\n<!doctype html>\n",
    b"\n\n<!-- proxy --><html>",
    b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    b'{"error": "quota"}',
    b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
    "<html>Sign in</html>".encode("utf-16"),
    bytes(600),
    b"\r\n\r\n",
    gzip.compress(GOOD),
    gzip.compress(GOOD)[:-30],
    zipped(),
]
CODES = [201, 202, 203, 204, 205, 206, 300, 304, 400, 401, 403, 404, 407, 410, 418, 429, 451, 500, 503, 599]


def answers() -> Iterator[Case]:
    """What a server says where the file should be."""
    for known in KNOWN:
        yield Case("empty", body(b""), known=known)
        yield Case("empty without a length", raw(OK + "\n"), known=known)
        yield Case("empty chunked", chunked(), known=known)
        yield from (Case(f"page {i}", body(page), known=known) for i, page in enumerate(PAGES))
        cuts = random.Random(known).sample(range(1, len(GOOD)), 2)
        for cut in cuts:
            yield Case(f"cut at {cut}", raw(f"{OK}Content-Length: {len(GOOD)}\n\n", GOOD[:cut]), known=known)
            yield Case(f"chunked, cut at {cut}", chunked(GOOD[:cut], end=b""), known=known)
            packed = gzip.compress(GOOD)[: cut % 60 + 20]
            yield Case(f"encoded, cut at {cut}", body(packed, "Content-Encoding: gzip"), known=known)
        yield Case("no chunk size", chunked(GOOD, end=b"zz\r\n\r\n"), known=known)
        yield Case("encoded, damaged", body(damaged(PACKED, 2), "Content-Encoding: gzip"), known=known)
        yield Case("encoded as nobody asked", body(GOOD, "Content-Encoding: br"), known=known)
        yield Case("encoded bomb", body(BOMB, "Content-Encoding: gzip"), known=known, says="more than")
        yield Case("endless", endless(OK + "\n", bytes(65536)), known=known, says="more than")
        head, size = f"{OK}Transfer-Encoding: chunked\n\n", f"{OK}Content-Length: {10**13}\n\n"
        yield Case("endless chunks", endless(head, b"1000\r\n" + bytes(4096) + b"\r\n"), known=known)
        yield Case("huge", raw(size, GOOD), known=known, says="more than")
    yield from (Case(f"status {code}", body(GOOD, status=f"{code} X")) for code in CODES)
    for code, to in itertools.product((301, 302, 307), ("", "Location:", "Location: /series.csv")):
        yield Case(f"redirect {code} {to}", body(GOOD, *filter(None, [to]), status=f"{code} X"))
    for to in ("ftp://127.0.0.1/x", "file:///etc/passwd", "http://127.0.0.1:1/x", "http://[/", "gopher:x"):
        yield Case(f"redirect to {to}", body(b"", f"Location: {to}", status="302 X"))
    for length in ("-5", "5, 6", "9" * 5000, "1e3", "\xb2"):
        yield Case(f"length {length[:5]}", raw(f"{OK}Content-Length: {length}\n\n", b"ab"), known="bytes")
    garbage = [b"", b"\x16\x03\x01\x02", b"ftp ready\r\n", b"HTTP/9.9 abc\r\n\r\n", bytes(100), b"HTTP/1.1"]
    yield from (Case(f"garbage {i}", raw("", text)) for i, text in enumerate(garbage))
    yield Case("many headers", raw(OK + "".join(f"X-{i}: {i}\n" for i in range(500)) + "\n", GOOD))
    yield Case("long header", raw(f"{OK}X: {'x' * 100_000}\n\n", GOOD))


def slow() -> Iterator[Case]:
    """Servers that keep one waiting."""
    yield Case("silent", lambda connection: time.sleep(3), says="timed out")
    yield Case("body drips", endless(f"{OK}Content-Length: 9999\n\n", b"x", 0.05), says="timed out")
    yield Case(
        "chunks drip", endless(f"{OK}Transfer-Encoding: chunked\n\n", b"1\r\nx\r\n", 0.05), says="timed"
    )
    yield Case("head drips", endless(OK + "X: ", b"x", 0.05), says="timed out")
    yield Case("endless 'continue'", endless("", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), says="timed out")


def archives() -> Iterator[Case]:
    """Zip files that hold no such file."""
    whole = zipped(noise=random.Random(3).randbytes(2000))
    zips = {
        "empty": b"",
        "page": PAGES[0],
        "without members": zipped("other.csv"),
        "folder": zipped("series.csv/", b""),
        "link": zipped(content=b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
        "pipe": zipped(mode=stat.S_IFIFO | 0o644),
        "device": zipped(mode=stat.S_IFCHR | 0o644),
        "two": zipped("a/series.csv", **{"b__series.csv": b""}),
        "empty member": zipped(content=b""),
        "page as member": zipped(content=PAGES[1]),
        "bomb": zipped(content=bytes(8 << 20)),
        "encrypted": re.sub(rb"(PK\x03\x04..|PK\x01\x02....)\x00", b"\\1\1", zipped(), flags=re.DOTALL),
        "unknown method": zipped().replace(b"\x08\0", b"\x63\0"),
        **{f"cut at {cut}": whole[:cut] for cut in random.Random(4).sample(range(10, len(whole) - 1), 3)},
        **{f"damaged {seed}": damaged(zipped(content=PACKED), seed) for seed in range(3)},
    }
    for name, content in zips.items():
        for known in ("nothing", "sha256"):
            yield Case(f"zip: {name}", body(content), archive=True, known=known)
    yield Case("zip: endless", endless(OK + "\n", bytes(65536)), archive=True, says="more than")


def mirrors() -> Iterator[Case]:
    """Folders that hold something else under the name of the file."""

    def content(text: bytes) -> Callable[[Path], None]:
        return lambda path: path.write_bytes(text) and None

    def packed(make: Callable[[Path], None]) -> Callable[[Path], None]:
        return lambda path: make(Path(f"{path}.gz"))

    put: dict[str, Callable[[Path], None]] = {
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
        "link to a device": lambda path: path.symlink_to("/dev/zero"),
        "link to nothing": lambda path: path.symlink_to("nothing"),
        "link to itself": lambda path: path.symlink_to(path),
        "empty file": content(b""),
        **{f"page {i}": content(page) for i, page in enumerate(PAGES[:3])},
    }
    inside = {
        "bomb": BOMB,
        "damaged": damaged(PACKED, 5),
        "cut": PACKED[:-9],
        "followed by other things": gzip.compress(GOOD) + b"x" * 50,
        "page inside": gzip.compress(PAGES[0]),
        "nothing inside": gzip.compress(b""),
    }
    for name, make in put.items():
        yield Case(f"mirror: {name}", mirror=make)
        yield Case(f"mirror: packed {name}", mirror=packed(make))
    yield from (
        Case(f"mirror: packed, {name}", mirror=packed(content(text))) for name, text in inside.items()
    )


def secrets() -> Iterator[Case]:
    """Addresses that nobody else may see, before answers that make messages of all sorts."""
    replies = {
        "missing": body(b"", status="404 X"),
        "failing": body(b"", status="503 X"),
        "cut": raw(f"{OK}Content-Length: 99\n\n", b"x"),
        "garbage": raw("", b"?\r\n"),
        "bad header": raw(f"{OK}no header\n Content-Length: 2\n\n", b""),
        "loop": body(b"", "Location: ?token=" + SECRET, status="302 X"),
        "elsewhere": body(b"", f"Location: ftp://me:{SECRET}@127.0.0.1/?token={SECRET}", status="302 X"),
    }
    for name, reply in replies.items():
        yield Case(f"secret user, {name}", reply, user=f"me:{SECRET}@")
        yield Case(f"secret user with an @, {name}", reply, user=f"me@home:{SECRET}@")
        yield Case(f"secret token, {name}", reply, path=f"/series.csv?token={SECRET}#{SECRET}")
        yield Case(f"secret of an archive, {name}", reply, path=f"/a.zip?token={SECRET}", archive=True)
    for user in (f"me:{SECRET}/@", f"me:1/{SECRET}@", f"me:{SECRET}?@", f"me:#{SECRET}@", f"[{SECRET}@"):
        yield Case(f"secret {user}", body(GOOD, status="404 X"), user=user)


def good() -> Iterator[Case]:
    """The right file in unusual ways, so that not everything is refused."""
    for known in KNOWN:
        yield Case("good", body(GOOD), known=known, good=True)
        yield Case("good chunks", chunked(GOOD[:5], GOOD[5:]), known=known, good=True)
        yield Case(
            "good, encoded", body(gzip.compress(GOOD), "Content-Encoding: gzip"), known=known, good=True
        )
        yield Case("good, until the end", raw(OK + "\n", GOOD), known=known, good=True)
        yield Case("good zip", body(zipped(mode=stat.S_IFREG | 0o644)), archive=True, known=known, good=True)
    yield Case("good column in brackets", body(b"<DATE>,<a>,<b>\n1,2,3\n"), good=True)


CASES = [case for make in (answers, slow, archives, mirrors, secrets, good) for case in make()]
SAMPLE = set(random.Random(0).sample(range(len(CASES)), 15))


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    """A server that gives the reply of the present case; ``sent`` counts what it could send."""
    state: dict[str, Any] = {}

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):  # the other side has had enough
                while not self.request.recv(65536).endswith(b"\r\n\r\n"):
                    pass
                state["reply"](self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, block_on_close, request_queue_size = True, False, 50

    with Server(("127.0.0.1", 0), Handler) as running:
        state["port"] = running.server_address[1]
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield state
        running.shutdown()


def dataset_of(case: Case, port: int) -> Dataset:
    url = f"http://{case.user}127.0.0.1:{port}{case.path}"
    source = {"archives": [{"url": url, "member": "series.csv"}]} if case.archive else {"urls": [url]}
    file = {"name": "series.csv", **KNOWN[case.known], **({} if case.mirror else source)}
    entry = {"title": "Toy", "licence": "none", "source": "a test", "folder": "toy", "files": [file]}
    splits = {"train": 6, "val": 2, "test": 2}
    dataset: Dataset = TypeAdapter(Dataset).validate_python({**entry, "splits": splits, "seasonality": 24})
    return dataset


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=str(case), marks=() if i in SAMPLE else pytest.mark.hostile)
        for i, case in enumerate(CASES)
    ],
)
def test_a_bad_download_is_one_line_and_leaves_nothing(
    case: Case,
    server: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    for name, value in {"BACKOFF": 0.0, "PATIENCE": 0.3, "LARGEST": BOUND}.items():
        monkeypatch.setattr(transfer, name, value)
    caplog.set_level(logging.DEBUG)
    server["reply"] = case.reply
    (tmp_path / "mirror" / "toy").mkdir(parents=True)
    if case.mirror:
        case.mirror(tmp_path / "mirror" / "toy" / "series.csv")
    largest = watch(monkeypatch)
    start = time.monotonic()
    arguments = ("Toy", dataset_of(case, server["port"]), tmp_path / "raw")
    mirror = str(tmp_path / "mirror") if case.mirror else None
    if case.good:
        assert len(fetch(*arguments, mirror, progress=False)[0].read_bytes()) in (len(GOOD), 21)
        return
    with pytest.raises(SpecarError) as caught:
        fetch(*arguments, mirror, progress=True)
    assert time.monotonic() - start < 2
    message = str(caught.value)
    assert message.startswith("dataset Toy: no source gives series.csv (")
    assert message.isprintable()
    assert re.search(case.says, message)
    assert SECRET not in message + caplog.text + "".join(capfd.readouterr())
    assert list((tmp_path / "raw").rglob("*")) == []
    assert max(largest, default=0) <= (
        BOUND if case.archive or case.known != "bytes" else len(GOOD) + (65 << 10)
    )


def watch(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes that files grow to while they are written."""
    sizes: list[int] = []
    write, get = transfer.write, transfer.get

    def written(stream: Any, target: Path, *rest: Any) -> None:
        try:
            write(stream, target, *rest)
        finally:
            sizes.append(target.stat().st_size)

    def got(url: str, title: str, size: int | None, output: Any, show: bool) -> bool:
        try:
            return get(url, title, size, output, show)
        finally:
            sizes.append(output.tell())

    for module in ("download", "transfer"):
        monkeypatch.setattr(f"specar.data.{module}.write", written)
        monkeypatch.setattr(f"specar.data.{module}.get", got)
    return sizes


def test_there_are_enough() -> None:
    assert len([case for case in CASES if not case.good]) >= 100
    assert len({str(case) for case in CASES}) == len(CASES)
