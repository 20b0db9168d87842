"""Locks of datasets, between processes and where a file system or the permissions have none."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from specar.base.errors import SpecarError
from specar.base.locks import hold_lock, read_lock, write_lock

HOLD = """
import logging, sys
from pathlib import Path
from specar.base.locks import read_lock, write_lock
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
folder = Path(sys.argv[2])
with write_lock(folder, "prepares Toy") if sys.argv[1] == "write" else read_lock(folder):
    print("held", flush=True)
    sys.stdin.readline()
"""


class Holders:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def start(self, what: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, what, str(self.folder)]
        pipe = subprocess.PIPE
        self.started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        return self.started[-1]


@pytest.fixture
def holders(tmp_path: Path) -> Iterator[Holders]:
    found = Holders(tmp_path / "prepared" / "Toy")
    yield found
    for process in found.started:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def is_free(path: Path) -> bool:
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_a_writer_waits_for_a_writer_and_says_so(holders: Holders) -> None:
    first = holders.start("write")
    assert line(first) == "held"
    second = holders.start("write")
    assert line(second) == "waiting for another process that prepares Toy"
    first.send_signal(signal.SIGKILL)
    assert line(second) == "held"


def test_readers_share_and_keep_writers_out(holders: Holders) -> None:
    writer = holders.start("write")
    assert line(writer) == "held"
    writer.communicate("\n")
    readers = [holders.start("read") for _ in range(2)]
    assert [line(reader) for reader in readers] == ["held", "held"]
    writer = holders.start("write")
    assert line(writer) == "waiting for another process that prepares Toy"
    for reader in readers:
        reader.communicate("\n")
    assert line(writer) == "held"


def test_a_reader_waits_for_a_writer(holders: Holders) -> None:
    writer = holders.start("write")
    assert line(writer) == "held"
    assert not is_free(holders.folder.parent / ".Toy.lock")
    reader = holders.start("read")
    assert not select.select([reader.stdout], [], [], 2)[0]  # it says nothing
    writer.communicate("\n")
    assert line(reader) == "held"


def test_a_reader_makes_no_lock(tmp_path: Path) -> None:
    with read_lock(tmp_path / "missing" / "Toy"), read_lock(tmp_path / "Toy"):
        assert list(tmp_path.iterdir()) == []


def test_a_lock_that_was_deleted_while_one_waited_for_it(holders: Holders) -> None:
    first = holders.start("write")
    assert line(first) == "held"
    second = holders.start("write")
    assert line(second).startswith("waiting")
    path = holders.folder.parent / ".Toy.lock"
    path.unlink()
    first.communicate("\n")
    assert line(second) == "held"
    assert not is_free(path)  # it holds the one that others find


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / ".Toy.lock").touch()
    monkeypatch.setattr(fcntl, "flock", unsupported)
    with write_lock(tmp_path / "Toy", "prepares Toy"), read_lock(tmp_path / "Toy"):
        pass
    descriptor = hold_lock(tmp_path / ".lock", "another snakemake")
    assert os.path.samestat(os.fstat(descriptor), (tmp_path / ".lock").stat())
    os.close(descriptor)


def test_another_failure_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", broken)
    with (
        pytest.raises(SpecarError, match=r"cannot lock .*\.Toy\.lock: Input/output error"),
        write_lock(tmp_path / "Toy", "prepares Toy"),
    ):
        pass


def test_who_may_not_write_there_goes_on_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with write_lock(tmp_path / "Toy", "prepares Toy"):
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpecarError, match=r"cannot make .*file"):
        hold_lock(tmp_path / "file" / ".lock", "another snakemake")


def test_a_lock_for_the_life_of_a_process(tmp_path: Path) -> None:
    descriptor = hold_lock(tmp_path / ".lock", "another snakemake")
    with pytest.raises(SpecarError, match=f"another snakemake works in {tmp_path}; wait for it to end"):
        hold_lock(tmp_path / ".lock", "another snakemake")
    os.close(descriptor)
    os.close(hold_lock(tmp_path / ".lock", "another snakemake"))
