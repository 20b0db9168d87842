"""Atomic writing, by several processes and after one that was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from specar.errors import SpecarError
from specar.files import atomic_path, write_text

HOLD = """
import sys, time
from pathlib import Path
from specar.files import atomic_path
with atomic_path(Path(sys.argv[1])) as part:
    part.write_text("held")
    print(part, flush=True)
    sys.stdin.readline()
"""
REPEAT = """
import sys
from pathlib import Path
from specar.files import write_text
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
