"""Atomic writing, by several processes and after one that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from specar.base.errors import SpecarError
from specar.base.files import atomic_path, read_json, update_json, write_text

HOLD = """
import sys, time
from pathlib import Path
from specar.base.files import atomic_path
with atomic_path(Path(sys.argv[1])) as part:
    part.write_text("held")
    print(part, flush=True)
    sys.stdin.readline()
"""
REPEAT = """
import sys
from pathlib import Path
from specar.base.files import write_text
for number in range(200):
    write_text(Path(sys.argv[1]), sys.argv[2] * 1000)
"""


def holder(path: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that is in the middle of writing ``path``, and its temporary file."""
    command = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    process, part = holder(path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert part.is_file()
    other = tmp_path / f".b{part.name.removeprefix('.a')}"
    other.touch()
    write_text(path, "new")
    assert path.read_text() == "new"
    assert sorted(tmp_path.iterdir()) == [other, path]


def part_of(path: Path, host: str, age: float) -> Path:
    """A temporary file of another host, last written to some seconds ago."""
    part = path.parent / f".{path.name}.{host}.abcd_123.part"
    part.touch()
    os.utime(part, (time.time() - age,) * 2)
    return part


def test_what_another_host_left_is_removed_after_a_day(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    young, old = (part_of(path, host, age) for host, age in (("node-1", 23 * 3600), ("node-2", 25 * 3600)))
    write_text(path, "new")
    assert sorted(tmp_path.iterdir()) == [young, path]
    assert not old.exists()


def test_the_part_of_a_file_with_a_longer_name_stays(tmp_path: Path) -> None:
    parts = [part_of(tmp_path / name, "node", 10**6) for name in ("a.npy.gz", "b.a.npy", "a")]
    write_text(tmp_path / "a.npy", "new")
    assert all(part.exists() for part in parts)


@pytest.mark.parametrize("host", ["node.cluster.example", "x" * 300, "weird/../host", "hôte"])
@pytest.mark.parametrize("name", ["a.npy", "n" * 255, "ö" * 127])
def test_names_fit_for_any_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, name: str
) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(nodename=host))
    with atomic_path(tmp_path / name) as part:
        assert part.parent == tmp_path
        assert len(os.fsencode(part.name)) <= 255
        os.link(part, tmp_path / "kept")  # as a killed process would leave it
    (tmp_path / "kept").rename(part)
    write_text(tmp_path / name, "new")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("value", "written"), [({"a": 1}, False), ({"a": 2}, True)])
def test_a_file_that_says_so_already_is_left_alone(
    tmp_path: Path, value: dict[str, int], written: bool
) -> None:
    path = tmp_path / "a.json"
    update_json(path, {"a": 1})
    before = path.stat().st_ino
    update_json(path, value)
    assert (path.stat().st_ino != before) == written
    assert read_json(path) == value


def test_the_file_of_a_living_process_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    process, part = holder(path)
    write_text(path, "new")
    assert part.is_file()
    process.communicate("\n")
    assert process.returncode == 0
    assert path.read_text() == "held"
    assert list(tmp_path.iterdir()) == [path]


def test_writers_of_one_name_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    command = [sys.executable, "-c", REPEAT, str(path)]
    writers = [subprocess.Popen([*command, text]) for text in "abcd"]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert path.read_text() in {text * 1000 for text in "abcd"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_interrupted_block_leaves_the_old_content(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error):
        _fail_halfway(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _fail_halfway(path: Path, error: type[BaseException]) -> None:
    with atomic_path(path) as part:
        part.write_text("half")
        raise error


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpecarError, match="cannot write"):
        write_text(tmp_path / "file" / "a.txt", "x")
