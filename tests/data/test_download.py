"""Downloads against a real local HTTP server that misbehaves on demand."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import logging
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from specar.base.errors import SpecarError
from specar.data import transfer
from specar.data.download import fetch
from specar.data.mirror import in_place, own_files, resolve_mirror
from specar.data.registry import Dataset

CONTENT = b"date,a,b\n" + b"2020-01-01,1.5,2.5\n" * 20_000  # several blocks of a download
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PACKED = gzip.compress(CONTENT, mtime=0)

Reply = Callable[[BaseHTTPRequestHandler], None]
Make = Callable[..., Dataset]


def body(content: bytes = CONTENT, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def status(code: int) -> Reply:
    return lambda handler: handler.send_error(code)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promise all, send half, close."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[: len(CONTENT) // 2])


def cut_chunked(handler: BaseHTTPRequestHandler) -> None:
    """Send one whole chunk and no last one, close."""
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\ndate,\r\n")
    handler.close_connection = True


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def stall(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.6)
    hang_up(handler)


class Server:
    """Replies per path, in order (the last one again and again), and the log of requests."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                replies = outer.replies.get(self.path, [status(404)])
                (replies.pop(0) if len(replies) > 1 else replies[0])(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def on(self, path: str, *replies: Reply) -> str:
        self.replies[path] = list(replies)
        return self.url + path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "BACKOFF", 0.0)
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.http.shutdown()
    running.http.server_close()
    thread.join()


@pytest.fixture
def dataset_at(make_dataset: Make) -> Make:
    return lambda *urls, sha256=SHA256: make_dataset(file={"urls": list(urls), "sha256": sha256})


@pytest.fixture
def refused() -> str:
    """A URL on a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/series.csv"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def failure(*arguments: Any, **options: Any) -> str:
    """Return the message of a fetch that must fail, which is one line."""
    with pytest.raises(SpecarError) as caught:
        fetch(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_download(
    server: Server, dataset_at: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"
    paths = fetch("Toy", dataset_at(server.on("/a", body())), folder)
    assert paths == [folder / "series.csv"]
    assert paths[0].read_bytes() == CONTENT
    assert server.requests == ["/a"]
    assert names(folder) == ["series.csv"]
    assert capsys.readouterr().err == ""  # stderr is no terminal here


def test_progress_bar(
    server: Server, dataset_at: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch("Toy", dataset_at(server.on("/a", body())), tmp_path, progress=True)
    shown = capsys.readouterr().err
    assert "series.csv: 100%" in shown


@pytest.mark.parametrize("fault", [cut, cut_chunked, hang_up, status(500), status(503), status(429)])
def test_passing_fault_is_retried_from_zero(
    server: Server, dataset_at: Make, tmp_path: Path, fault: Reply
) -> None:
    [path] = fetch("Toy", dataset_at(server.on("/a", fault, fault, body())), tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.requests == ["/a"] * 3


def test_timeout_is_retried(
    server: Server, dataset_at: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PATIENCE", 0.2)
    assert "timed out, less than 32 KiB in 0.2 s, 3 attempts" in failure(
        "Toy", dataset_at(server.on("/a", stall)), tmp_path
    )
    [path] = fetch("Toy", dataset_at(server.on("/b", stall, body())), tmp_path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("urllib3_checks", [True, False])
@pytest.mark.parametrize("sha256", [SHA256, None])
def test_cut_connection_is_never_taken_for_the_end(
    server: Server,
    dataset_at: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    urllib3_checks: bool,
    sha256: str | None,
) -> None:
    # urllib3 1.26 does not compare with Content-Length.
    original = urllib3.HTTPResponse.__init__
    monkeypatch.setattr(
        urllib3.HTTPResponse,
        "__init__",
        lambda self, *args, **kw: original(self, *args, **{**kw, "enforce_content_length": urllib3_checks}),
    )
    message = failure("Toy", dataset_at(server.on("/a", cut), sha256=sha256), tmp_path)
    assert "connection cut" in message
    assert "3 attempts" in message
    assert server.requests == ["/a"] * 3
    assert names(tmp_path) == []


def test_wrong_content_is_refused(server: Server, dataset_at: Make, tmp_path: Path) -> None:
    url = server.on("/a", body(b"<html>please log in</html>"))
    message = failure("Toy", dataset_at(url), tmp_path)
    wrong = hashlib.sha256(b"<html>please log in</html>").hexdigest()[:12]
    for part in ("Toy", "series.csv", url, wrong, SHA256[:12], "SPECAR_MIRROR", str(tmp_path / "series.csv")):
        assert part in message
    assert server.requests == ["/a"]  # the same bytes would come again
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "requests", "reason"),
    [
        (status(404), 1, "HTTP 404"),
        (status(403), 1, "HTTP 403"),
        (status(500), 3, "HTTP 500, 3 attempts"),
        (body(b"wrong"), 1, "wrong sha256"),
    ],
)
def test_next_url_takes_over(
    server: Server,
    dataset_at: Make,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    fault: Reply,
    requests: int,
    reason: str,
) -> None:
    caplog.set_level(logging.INFO)
    [path] = fetch("Toy", dataset_at(server.on("/a", fault), server.on("/b", body())), tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.requests == ["/a"] * requests + ["/b"]
    assert reason in caplog.text


def test_refused_connection(server: Server, dataset_at: Make, tmp_path: Path, refused: str) -> None:
    assert "no connection (Connection refused), 3 attempts" in failure("Toy", dataset_at(refused), tmp_path)
    [path] = fetch("Toy", dataset_at(refused, server.on("/b", body())), tmp_path)
    assert path.read_bytes() == CONTENT


def test_all_reasons_are_named(server: Server, dataset_at: Make, tmp_path: Path, refused: str) -> None:
    missing, broken = server.on("/a", status(404)), server.on("/b", status(502))
    message = failure("Toy", dataset_at(missing, broken, refused), tmp_path)
    assert f"{missing}: HTTP 404; {broken}: HTTP 502, 3 attempts; {refused}: " in message


def test_good_file_needs_no_request(server: Server, dataset_at: Make, tmp_path: Path) -> None:
    (tmp_path / "series.csv").write_bytes(CONTENT)
    # A mirror that is not plugged in does not matter then.
    assert fetch("Toy", dataset_at(server.on("/a", body())), tmp_path, str(tmp_path / "unplugged"))
    assert server.requests == []


def test_tampered_file_is_replaced(
    server: Server, dataset_at: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "series.csv").write_bytes(CONTENT[:-1] + b"x")
    [path] = fetch("Toy", dataset_at(server.on("/a", body())), tmp_path)
    assert path.read_bytes() == CONTENT
    [warning] = warnings(caplog)
    assert str(path) in warning


def test_own_file_without_hash(server: Server, dataset_at: Make, tmp_path: Path) -> None:
    own = dataset_at(sha256=None)
    message = failure("Own", own, tmp_path)
    assert "it has no urls" in message
    assert f"put the file at {tmp_path / 'series.csv'}" in message
    (tmp_path / "series.csv").write_bytes(b"mine")
    assert fetch("Own", own, tmp_path)[0].read_bytes() == b"mine"
    fetch("Own", dataset_at(server.on("/a", body(b"theirs")), sha256=None), tmp_path / "other")
    assert (tmp_path / "other" / "series.csv").read_bytes() == b"theirs"


def test_every_file_is_fetched(server: Server, make_dataset: Make, tmp_path: Path) -> None:
    urls = [server.on("/a", body(b"one")), server.on("/b", body(b"two"))]
    files = [{"name": "a.ts", "urls": [urls[0]]}, {"name": "deep/b.ts", "urls": [urls[1]]}]
    paths = fetch("Toy", make_dataset(format="ts", files=files), tmp_path)
    assert [path.read_bytes() for path in paths] == [b"one", b"two"]
    assert paths[1] == tmp_path / "deep" / "b.ts"


def test_only_used_files_are_fetched(server: Server, make_dataset: Make, tmp_path: Path) -> None:
    folders = ("train", "test", "test_label")
    paths = [f"{folder}/machine-{machine}.txt" for machine in (1, 2) for folder in folders]
    files = [{"name": path, "urls": [server.on(f"/{path}", body(path.encode()))]} for path in paths]
    dataset = make_dataset(format="machines", files=files, machines=["machine-2"])
    found = fetch("Toy", dataset, tmp_path)
    assert found == [tmp_path / folder / "machine-2.txt" for folder in folders]
    assert [path.read_text() for path in found] == paths[3:]
    assert len(server.requests) == 3


# Checksums


def git_blob(content: bytes) -> str:
    return hashlib.sha1(b"blob " + str(len(content)).encode() + b"\0" + content).hexdigest()


def test_git_blob_ids_are_those_of_git() -> None:
    # git hash-object on an empty file and on one with "hello\n".
    assert git_blob(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert git_blob(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_git_blob(
    server: Server, make_dataset: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong, right = server.on("/a", body(b"wrong")), server.on("/b", body())
    only_wrong = make_dataset(file={"urls": [wrong], "git_blob": git_blob(CONTENT)})
    message = failure("Toy", only_wrong, tmp_path)
    assert f"wrong git blob id {git_blob(b'wrong')[:12]}…, expected {git_blob(CONTENT)[:12]}…" in message
    dataset = make_dataset(file={"urls": [wrong, right], "git_blob": git_blob(CONTENT)})
    [path] = fetch("Toy", dataset, tmp_path)
    assert path.read_bytes() == CONTENT
    server.requests.clear()
    fetch("Toy", dataset, tmp_path)
    assert server.requests == []
    assert warnings(caplog) == []
    path.write_bytes(b"tampered")
    fetch("Toy", dataset, tmp_path)
    assert path.read_bytes() == CONTENT


def test_sha256_comes_before_git_blob(server: Server, make_dataset: Make, tmp_path: Path) -> None:
    file = {"urls": [server.on("/a", body())], "sha256": SHA256, "git_blob": "0" * 40}
    assert fetch("Toy", make_dataset(file=file), tmp_path)[0].read_bytes() == CONTENT


def test_what_nothing_verifies_is_taken_with_a_warning(
    server: Server, make_dataset: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.on("/a", body())
    dataset = make_dataset(file={"urls": [url]})
    fetch("Toy", dataset, tmp_path)
    [warning] = warnings(caplog)
    assert warning == f"dataset Toy: series.csv from {url} not verified: no checksum is known"
    fetch("Toy", dataset, tmp_path)  # is kept as it is
    assert len(warnings(caplog)) == 1
    assert server.requests == ["/a"]


# Zip archives


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


TWO = {"Toy_TRAIN.ts": CONTENT, "Toy_TEST.ts": CONTENT[::-1]}
ZIP = zipped(**{"Toy_eq_TRAIN.ts": b"not this", **TWO})
ZIP_SHA256 = hashlib.sha256(ZIP).hexdigest()


@pytest.fixture
def zip_dataset(make_dataset: Make) -> Make:
    """Two files that are members of the same archives, given as pairs of URL and hash."""

    def make(*archives: tuple[str, str | None], **changes: Any) -> Dataset:
        found = [{"url": url, "sha256": sha256} for url, sha256 in archives]
        files = [
            {"name": name, "archives": [{**one, "member": name} for one in found], **changes} for name in TWO
        ]
        return make_dataset(format="ts", files=files)

    return make


def test_an_archive_is_downloaded_once(
    server: Server, zip_dataset: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = zip_dataset((server.on("/a.zip", body(ZIP)), ZIP_SHA256))
    paths = fetch("Toy", dataset, tmp_path)
    assert [path.read_bytes() for path in paths] == list(TWO.values())
    assert server.requests == ["/a.zip"]
    assert names(tmp_path) == sorted(TWO)
    assert warnings(caplog) == []
    paths[0].unlink()
    fetch("Toy", dataset, tmp_path)
    assert server.requests == ["/a.zip"] * 2


def test_progress_bar_of_an_archive(
    server: Server, zip_dataset: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch("Toy", zip_dataset((server.on("/a.zip", body(ZIP)), None)), tmp_path, progress=True)
    assert "a.zip: 100%" in capsys.readouterr().err


DAMAGED = bytearray(ZIP)
DAMAGED[ZIP.index(b"Toy_TRAIN.ts") + 200] ^= 0xFF
ENCRYPTED = ZIP.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
ENCRYPTED = ENCRYPTED.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


@pytest.mark.parametrize(
    ("content", "sha256", "reason"),
    [
        (b"<html>please log in</html>", ZIP_SHA256, f"wrong sha256 .*expected {ZIP_SHA256[:12]}"),
        (b"<html>please log in</html>", None, "damaged zip file"),
        (ZIP[:-100], None, "damaged zip file"),
        (ZIP[100:], None, "(damaged zip file|cannot read it)"),
        (bytes(DAMAGED), None, "damaged zip file"),
        (ENCRYPTED, None, "damaged zip file .*encrypted"),
        (b"", None, "damaged zip file"),
        (zipped(a=b"1"), None, "no member Toy_T.*.ts in the zip file"),
        (zipped(**{f"{a}/{b}": b"" for a in "12" for b in TWO}), None, "several members Toy_T.*.ts"),
    ],
    ids=["hash", "html", "cut", "start", "bits", "encrypted", "empty", "missing member", "two members"],
)
def test_bad_archive_is_passed_over(
    server: Server, zip_dataset: Make, tmp_path: Path, content: bytes, sha256: str | None, reason: str
) -> None:
    bad, good = server.on("/bad.zip", body(content)), server.on("/good.zip", body(ZIP))
    message = failure("Toy", zip_dataset((bad, sha256)), tmp_path)
    assert re.search(f"{bad}: {reason}", message)
    assert "Toy_TRAIN.ts" in message
    assert names(tmp_path) == []
    both = zip_dataset((bad, sha256), (good, sha256 and ZIP_SHA256))
    paths = fetch("Toy", both, tmp_path / "out")
    assert [path.read_bytes() for path in paths] == list(TWO.values())
    assert server.requests.count("/bad.zip") == 2  # once by each fetch
    assert server.requests.count("/good.zip") == 1
    assert names(tmp_path / "out") == sorted(TWO)


def test_failed_archive_is_not_asked_for_again(server: Server, zip_dataset: Make, tmp_path: Path) -> None:
    bad, good = server.on("/bad.zip", status(503)), server.on("/good.zip", body(ZIP))
    fetch("Toy", zip_dataset((bad, ZIP_SHA256), (good, ZIP_SHA256)), tmp_path)
    assert server.requests == ["/bad.zip"] * 3 + ["/good.zip"]


def test_archives_are_not_kept(
    server: Server, zip_dataset: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = tempfile.TemporaryFile
    temporary: list[Any] = []

    def recorded(*args: Any, **options: Any) -> Any:
        assert options["dir"] == tmp_path  # not /tmp, which is often small
        temporary.append(original(*args, **options))
        return temporary[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", recorded)
    good = server.on("/good.zip", body(ZIP))
    fetch("Toy", zip_dataset((server.on("/bad.zip", body(b"no")), ZIP_SHA256), (good, ZIP_SHA256)), tmp_path)
    (tmp_path / "Toy_TEST.ts").unlink()
    failure("Toy", zip_dataset((good, ZIP_SHA256), sha256=SHA256), tmp_path)
    assert [file.closed for file in temporary] == [True] * 3


def test_member_in_a_folder_of_the_archive(server: Server, zip_dataset: Make, tmp_path: Path) -> None:
    archive = zipped(**{f"Toy/{name}": content for name, content in TWO.items()})
    paths = fetch("Toy", zip_dataset((server.on("/a.zip", body(archive)), None)), tmp_path)
    assert [path.read_bytes() for path in paths] == list(TWO.values())


def test_exact_member_comes_first(server: Server, zip_dataset: Make, tmp_path: Path) -> None:
    archive = zipped(**{f"old/{name}": b"old" for name in TWO}, **TWO)
    paths = fetch("Toy", zip_dataset((server.on("/a.zip", body(archive)), None)), tmp_path)
    assert [path.read_bytes() for path in paths] == list(TWO.values())


def test_member_with_the_wrong_hash(server: Server, zip_dataset: Make, tmp_path: Path) -> None:
    url = server.on("/a.zip", body(ZIP))
    message = failure("Toy", zip_dataset((url, ZIP_SHA256), sha256="0" * 64), tmp_path)
    assert f"{url}: wrong sha256 {SHA256[:12]}…, expected 000000000000…" in message
    assert names(tmp_path) == []


def test_verifiable_sources_come_first(
    server: Server, make_dataset: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checked, unchecked = server.on("/checked.zip", status(404)), server.on("/unchecked.zip", body(ZIP))
    url = server.on("/url", status(404))
    archives = [
        {"url": unchecked, "member": "Toy_TRAIN.ts"},
        {"url": checked, "member": "Toy_TRAIN.ts", "sha256": ZIP_SHA256},
    ]
    file = {"urls": [url], "archives": archives}
    fetch("Toy", make_dataset(file=file), tmp_path / "1")
    assert server.requests == ["/checked.zip", "/url", "/unchecked.zip"]
    assert [f"series.csv from {unchecked} not verified" in text for text in warnings(caplog)] == [True]
    server.requests.clear()
    fetch("Toy", make_dataset(file={**file, "sha256": SHA256}), tmp_path / "2")
    assert server.requests == ["/url", "/unchecked.zip"]  # the file's own hash verifies any source
    assert len(warnings(caplog)) == 1


def test_full_disk_during_an_archive(
    server: Server, zip_dataset: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = tempfile.TemporaryFile
    monkeypatch.setattr(
        tempfile, "TemporaryFile", lambda *args, **options: FullDisk(original(*args, **options))
    )
    big = zipped(**TWO, noise=random.Random(0).randbytes(200_000))
    archives = [(server.on(f"/{name}.zip", body(big)), None) for name in "ab"]
    message = failure("Toy", zip_dataset(*archives), tmp_path)
    assert "No space left on device" in message
    assert server.requests == ["/a.zip"]  # another source would not help
    assert names(tmp_path) == []


FETCH = """
import json, logging, pathlib, sys
from pydantic import TypeAdapter
from specar.data.download import fetch
from specar.data.registry import Dataset
logging.basicConfig(level=logging.INFO, format="%(message)s")
dataset = TypeAdapter(Dataset).validate_python(json.loads(sys.argv[1]))
fetch("Toy", dataset, pathlib.Path(sys.argv[2]))
"""


def test_a_second_process_waits_for_the_archive(server: Server, zip_dataset: Make, tmp_path: Path) -> None:
    asked, second_waits = threading.Event(), threading.Event()

    def held_back(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        second_waits.wait(60)
        body(ZIP)(handler)

    dataset = zip_dataset((server.on("/a.zip", held_back), ZIP_SHA256))
    command = [sys.executable, "-c", FETCH, dataset.model_dump_json(), str(tmp_path)]
    with subprocess.Popen(command) as first:
        assert asked.wait(60)
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as second:
            assert second.stderr is not None
            assert second.stderr.readline() == "waiting for another process that fetches or prepares Toy\n"
            second_waits.set()
    assert (first.returncode, second.returncode) == (0, 0)
    assert server.requests == ["/a.zip"]
    assert [(tmp_path / name).read_bytes() for name in TWO] == list(TWO.values())
    assert names(tmp_path) == sorted(TWO)


# Datasets on request


@pytest.fixture
def restricted(make_dataset: Make) -> Dataset:
    sha256 = [hashlib.sha256(content).hexdigest() for content in (b"a", b"b")]
    files = [{"name": "deep/a.ts", "sha256": sha256[0]}, {"name": "b.ts", "sha256": sha256[1]}]
    return make_dataset(format="ts", files=files, restricted="request it from its owner: https://a.example")


def test_restricted_dataset_that_is_not_there(restricted: Dataset, tmp_path: Path, mirror: Path) -> None:
    for where, shown in ((None, "<mirror>/toy"), (str(mirror), str(mirror / "toy"))):
        message = failure("Toy", restricted, tmp_path / "raw", where)
        for part in (
            "Toy",
            "on request",
            "deep/a.ts, b.ts",
            "https://a.example",
            str(tmp_path / "raw"),
            shown,
        ):
            assert part in message
    (mirror / "toy" / "b.ts").write_bytes(b"b")
    message = failure("Toy", restricted, tmp_path / "raw", str(mirror))
    assert "deep/a.ts not in place" in message
    assert not (tmp_path / "raw").exists()
    assert "is not a folder" in failure("Toy", restricted, tmp_path / "raw", str(tmp_path / "nowhere"))


def test_restricted_dataset_that_is_there(restricted: Dataset, tmp_path: Path, mirror: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "b.ts").write_bytes(b"b")
    (mirror / "toy" / "deep").mkdir()
    (mirror / "toy" / "deep" / "a.ts.gz").write_bytes(gzip.compress(b"a", mtime=0))
    paths = fetch("Toy", restricted, raw, str(mirror))
    assert [path.read_bytes() for path in paths] == [b"a", b"b"]
    assert fetch("Toy", restricted, raw) == paths
    paths[0].write_bytes(b"x")
    message = failure("Toy", restricted, raw)
    for part in (
        f"{paths[0]}: wrong sha256",
        "https://a.example",
        "repeat the whole list datasets.Toy.files with its sha256",
    ):
        assert part in message


def test_restricted_dataset_in_a_mirror_behind_a_url(
    server: Server, restricted: Dataset, tmp_path: Path
) -> None:
    server.on("/toy/deep/a.ts", body(b"a"))
    message = failure("Toy", restricted, tmp_path, server.url)
    assert f"{server.url}/toy/b.ts: HTTP 404" in message
    assert "https://a.example" in message
    server.on("/toy/b.ts", body(b"b"))
    assert [path.read_bytes() for path in fetch("Toy", restricted, tmp_path, server.url)] == [b"a", b"b"]


# Mirrors


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    (folder / "toy").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(("suffix", "stored"), [("", CONTENT), (".gz", PACKED)])
def test_mirror_folder_comes_first(
    server: Server, dataset_at: Make, tmp_path: Path, mirror: Path, suffix: str, stored: bytes
) -> None:
    (mirror / "toy" / f"series.csv{suffix}").write_bytes(stored)
    [path] = fetch("Toy", dataset_at(server.on("/a", body())), tmp_path / "out", str(mirror))
    assert path.read_bytes() == CONTENT
    assert server.requests == []
    assert names(tmp_path / "out") == ["series.csv"]


@pytest.mark.parametrize(("suffix", "stored"), [("", CONTENT), (".gz", PACKED)])
@pytest.mark.parametrize("slash", ["", "/"])
def test_mirror_url_comes_first(
    server: Server, dataset_at: Make, tmp_path: Path, suffix: str, stored: bytes, slash: str
) -> None:
    server.on(f"/data/toy/series.csv{suffix}", body(stored))
    upstream = dataset_at(server.on("/a", body()))
    [path] = fetch("Toy", upstream, tmp_path, f"{server.url}/data{slash}")
    assert path.read_bytes() == CONTENT
    assert server.requests[-1] == f"/data/toy/series.csv{suffix}"
    assert names(tmp_path) == ["series.csv"]


def test_names_are_quoted_in_a_mirror_url(server: Server, make_dataset: Make, tmp_path: Path) -> None:
    server.on("/toy/a%20b%231.csv", body())
    [path] = fetch("Toy", make_dataset(file={"name": "a b#1.csv", "sha256": SHA256}), tmp_path, server.url)
    assert path.name == "a b#1.csv"


def test_mirror_url_that_declares_gz_as_content_encoding(
    server: Server, dataset_at: Make, tmp_path: Path
) -> None:
    # Apache does so with its usual settings; requests then has already unpacked the body.
    server.on("/toy/series.csv.gz", body(PACKED, Content_Encoding="gzip"))
    [path] = fetch("Toy", dataset_at(), tmp_path, server.url)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (PACKED[:-500], "truncated gzip"),
        (b"no gzip at all", "damaged gzip"),
        (PACKED[:200] + bytes(50) + PACKED[250:], "damaged gzip"),
        (gzip.compress(b"other", mtime=0), "wrong sha256"),
    ],
)
@pytest.mark.parametrize("remote", [False, True])
def test_bad_gz_in_mirror(
    server: Server, dataset_at: Make, tmp_path: Path, mirror: Path, stored: bytes, reason: str, remote: bool
) -> None:
    (mirror / "toy" / "series.csv.gz").write_bytes(stored)
    server.on("/toy/series.csv.gz", body(stored))
    where = server.url if remote else str(mirror)
    message = failure("Toy", dataset_at(), tmp_path / "out", where)
    assert f"{where}/toy/series.csv.gz: {reason}" in message
    assert names(tmp_path / "out") == []
    [path] = fetch("Toy", dataset_at(server.on("/a", body())), tmp_path / "out", where)
    assert path.read_bytes() == CONTENT


def test_wrong_file_in_mirror_is_passed_over(
    server: Server, dataset_at: Make, tmp_path: Path, mirror: Path
) -> None:
    (mirror / "toy" / "series.csv").write_bytes(b"wrong")
    [path] = fetch("Toy", dataset_at(server.on("/a", body())), tmp_path / "out", str(mirror))
    assert path.read_bytes() == CONTENT


def test_unreachable_mirror_is_tried_once(dataset_at: Make, server: Server, tmp_path: Path) -> None:
    server.on("/toy/series.csv", status(503))
    fetch("Toy", dataset_at(server.on("/a", body())), tmp_path, server.url)
    assert server.requests == ["/toy/series.csv"] * 3 + ["/a"]  # and not its .gz


def test_mirror_folder_that_does_not_exist(dataset_at: Make, tmp_path: Path) -> None:
    message = failure(
        "Toy", dataset_at("http://never.invalid/a"), tmp_path / "out", str(tmp_path / "nowhere")
    )
    assert str(tmp_path / "nowhere") in message
    assert "data.mirror" in message


def test_password_of_a_mirror_is_not_shown(dataset_at: Make, server: Server, tmp_path: Path) -> None:
    message = failure("Toy", dataset_at(), tmp_path, server.url.replace("//", "//me:secret@"))
    assert "secret" not in message
    assert f"{server.url}/toy/series.csv: HTTP 404" in message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example:8080/x/y.csv", "https://a.example:8080/x/y.csv"),
        ("https://a.example/pkg@1.2/y.csv", "https://a.example/pkg@1.2/y.csv"),
        ("https://me:pw@a.example/y.csv", "https://a.example/y.csv"),
        ("https://me:p@w@a.example/y.csv?token=1#2", "https://a.example/y.csv?…"),
        ("https://a.example/y.csv;token=1", "https://a.example/y.csv?…"),
        ("https://me:p/w@a.example/y.csv", "https://…"),
        ("https://me:p?w@a.example/y.csv", "https://…"),
        ("https://[me:pw@a.example/y.csv", "…"),
        ("me:pw@a.example/y.csv", "…"),
        ("ftp://me:pw@a.example/y.csv", "ftp://a.example/y.csv"),
        ("nonsense", "nonsense"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert transfer.shown(url) == shown


def test_one_hears_at_once_who_is_asked(
    server: Server,
    dataset_at: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(transfer, "PATIENCE", 0.2)
    caplog.set_level(logging.INFO)
    url = server.on("/a", stall)
    failure("Toy", dataset_at(url), tmp_path)
    assert caplog.messages[0] == f"{url}: asking for series.csv"
    assert caplog.messages[1] == f"{url}: timed out, less than 32 KiB in 0.2 s; trying again"


def test_no_server_holds_a_fetch_for_a_minute() -> None:
    waits = transfer.BACKOFF * (2 ** (transfer.ATTEMPTS - 1) - 1)
    assert transfer.ATTEMPTS * transfer.PATIENCE + waits < 60


def test_own_files_go_by_their_whole_name(make_dataset: Make, tmp_path: Path, mirror: Path) -> None:
    # Both are called x.ts; the copies are as good as the files in the mirror, each of its own.
    dataset = make_dataset(format="ts", files=[{"name": "train/x.ts"}, {"name": "test/x.ts"}])
    for part in ("train", "test"):
        (mirror / "toy" / part).mkdir()
        (mirror / "toy" / part / "x.ts").write_text(part)
    assert own_files(dataset, str(mirror)) == [mirror / "toy" / part / "x.ts" for part in ("train", "test")]
    out = tmp_path / "out"
    assert [path.read_text() for path in fetch("Own", dataset, out, str(mirror))] == ["train", "test"]
    (mirror / "toy" / "test" / "x.ts").write_text("new")
    assert [path.read_text() for path in fetch("Own", dataset, out, str(mirror))] == ["train", "new"]


def test_own_file_packed_in_a_mirror(
    make_dataset: Make, tmp_path: Path, mirror: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for content in (b"old", b"new"):
        (mirror / "toy" / "series.csv.gz").write_bytes(gzip.compress(content, mtime=0))
        [path] = fetch("Own", make_dataset(), tmp_path / "out", str(mirror))
        assert path.read_bytes() == content
    assert warnings(caplog) == []


def test_unhashed_file_with_a_source_is_not_ones_own(
    server: Server, zip_dataset: Make, tmp_path: Path, mirror: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = zip_dataset((server.on("/a.zip", body(ZIP)), ZIP_SHA256))
    (mirror / "toy" / "Toy_TRAIN.ts").write_bytes(b"mine")
    assert own_files(dataset, str(mirror)) == []
    paths = fetch("Toy", dataset, tmp_path / "out", str(mirror))
    assert [path.read_bytes() for path in paths] == [b"mine", TWO["Toy_TEST.ts"]]
    [warning] = warnings(caplog)
    assert f"Toy_TRAIN.ts from {mirror}/toy/Toy_TRAIN.ts not verified" in warning
    (mirror / "toy" / "Toy_TRAIN.ts").write_bytes(b"changed")
    assert fetch("Toy", dataset, tmp_path / "out", str(mirror))[0].read_bytes() == b"mine"


def test_in_place(make_dataset: Make, tmp_path: Path, mirror: Path) -> None:
    dataset = make_dataset(format="ts", files=[{"name": "deep/a.ts"}, {"name": "b.ts"}])
    raw = tmp_path / "raw"
    (mirror / "toy" / "deep").mkdir()
    (mirror / "toy" / "deep" / "a.ts.gz").write_bytes(b"")
    (mirror / "toy" / "b.ts").mkdir()  # a folder is no file
    assert not in_place(dataset, raw, str(mirror))
    raw.mkdir()
    (raw / "b.ts").write_bytes(b"")
    assert in_place(dataset, raw, str(mirror))
    for elsewhere in (None, "https://a.example", str(tmp_path / "nowhere"), str(raw)):
        assert not in_place(dataset, raw, elsewhere)
    (raw / "deep").mkdir()
    (raw / "deep" / "a.ts").write_bytes(b"")
    assert in_place(dataset, raw, None)
    assert in_place(dataset, raw, "https://a.example")


def test_resolve_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)
    assert resolve_mirror(None) is None
    assert resolve_mirror("") is None
    monkeypatch.setenv("SPECAR_MIRROR", "/from/environment")
    assert resolve_mirror(None) == "/from/environment"
    assert resolve_mirror("") == "/from/environment"
    assert resolve_mirror("/configured") == "/configured"
    monkeypatch.setenv("SPECAR_MIRROR", "")
    assert resolve_mirror(None) is None


# Concurrency and full disks


def test_two_at_once(
    server: Server, dataset_at: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    waits = "waiting for another process that fetches or prepares Toy"

    def slow(handler: BaseHTTPRequestHandler) -> None:
        deadline = time.monotonic() + 10
        while waits not in caplog.messages and time.monotonic() < deadline:
            time.sleep(0.01)
        body()(handler)

    dataset = dataset_at(server.on("/a", slow))
    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(fetch, "Toy", dataset, tmp_path) for _ in range(2)]
    assert [result.result()[0].read_bytes() for result in results] == [CONTENT] * 2
    assert caplog.messages.count(waits) == 1
    assert server.requests == ["/a"]
    assert names(tmp_path) == ["series.csv"]


class FullDisk:
    """A file opened for writing that takes the first block only."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def write(self, block: bytes) -> int:
        if self.file.tell():
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(self.file.write(block))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


@pytest.mark.parametrize("source", ["url", "mirror", "mirror .gz", "mirror url .gz"])
def test_full_disk(
    server: Server,
    dataset_at: Make,
    tmp_path: Path,
    mirror: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
) -> None:
    suffix = ".gz" if source.endswith(".gz") else ""
    (mirror / "toy" / f"series.csv{suffix}").write_bytes(PACKED if suffix else CONTENT)
    server.on("/toy/series.csv.gz", body(PACKED))
    where = {"url": None, "mirror url .gz": server.url}.get(source, str(mirror))
    original = Path.open

    def full(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        file = original(self, mode, *args, **options)
        return FullDisk(file) if mode == "wb" and "out" in self.parts else file

    monkeypatch.setattr(Path, "open", full)
    dataset = dataset_at(server.on("/a", body()))
    message = failure("Toy", dataset, tmp_path / "out", where)
    assert "No space left on device" in message
    assert str(tmp_path / "out" / "series.csv") in message
    assert names(tmp_path / "out") == []
    # Another source would not help.
    assert server.requests.count("/a") == (1 if source == "url" else 0)
