"""Downloads against a real local HTTP server that misbehaves on demand."""

from __future__ import annotations

import errno
import gzip
import hashlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from specar.data import download
from specar.data.download import fetch
from specar.data.mirror import resolve_mirror
from specar.data.registry import Dataset
from specar.errors import SpecarError

CONTENT = b"date,a,b\n" + b"2020-01-01,1.5,2.5\n" * 20_000  # several blocks of a download
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PACKED = gzip.compress(CONTENT)

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
    monkeypatch.setattr(download, "BACKOFF", 0.0)
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
    monkeypatch.setattr(download, "TIMEOUT", (0.2, 0.2))
    assert "timed out, 3 attempts" in failure("Toy", dataset_at(server.on("/a", stall)), tmp_path)
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


def test_all_reasons_are_named(server: Server, dataset_at: Make, tmp_path: Path) -> None:
    missing, broken = server.on("/a", status(404)), server.on("/b", status(502))
    message = failure("Toy", dataset_at(missing, broken, "ftp://nowhere/x"), tmp_path)
    assert f"{missing}: HTTP 404; {broken}: HTTP 502, 3 attempts; ftp://nowhere/x: " in message


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
    [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert str(path) in warning.getMessage()


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
    files = [{"name": "a.csv", "urls": [urls[0]]}, {"name": "deep/b.csv", "urls": [urls[1]]}]
    paths = fetch("Toy", make_dataset(files=files), tmp_path)
    assert [path.read_bytes() for path in paths] == [b"one", b"two"]
    assert paths[1] == tmp_path / "deep" / "b.csv"


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
        (gzip.compress(b"other"), "wrong sha256"),
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


def test_two_at_once(server: Server, dataset_at: Make, tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)

    def together(handler: BaseHTTPRequestHandler) -> None:
        both.wait()  # neither gets a byte before both have asked
        body()(handler)

    dataset = dataset_at(server.on("/a", together))
    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(fetch, "Toy", dataset, tmp_path) for _ in range(2)]
    assert [result.result()[0].read_bytes() for result in results] == [CONTENT] * 2
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
