"""Whatever ends a command is one line: other encodings, interrupts, no memory, closed pipes, faults."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from specar import cli

SPECAR = [sys.executable, "-m", "specar"]


def specar(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*SPECAR, *arguments], env={**os.environ, **environment}, capture_output=True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "ascii:strict", "utf-8"])
def test_a_terminal_that_knows_few_signs(encoding: str) -> None:
    done = specar("datasets", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    sign = "≥" if encoding == "utf-8" else r"\u2265"
    assert f"{sign} 80.85" in done.stdout.decode(encoding.partition(":")[0])


def test_an_interrupted_command_prints_no_traceback(tmp_path: Path) -> None:
    """While the modules are imported: that of the configuration waits for the signal."""
    (tmp_path / "yaml.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)\n")
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    pipe, environment = subprocess.PIPE, {**os.environ, "PYTHONPATH": paths}
    command = [*SPECAR, "cache", "add", "any"]

    def heed_interrupts() -> None:  # whoever runs the tests in the background may have them ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        command, env=environment, stdout=pipe, stderr=pipe, text=True, preexec_fn=heed_interrupts
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "importing\n"
        running.send_signal(signal.SIGINT)
        assert running.communicate()[1] == "specar: interrupted\n"


def test_too_little_address_space(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (60 << 20, 60 << 20))

    command = [*SPECAR, "plan", "--output", str(tmp_path / "plan.json")]
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("specar: error: out of memory")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "plan.json").exists()


def test_a_reader_that_has_seen_enough() -> None:
    with subprocess.Popen([*SPECAR, "datasets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


def test_a_full_disk_behind_the_output() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*SPECAR, "datasets"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "specar: error: No space left on device\n")


@pytest.mark.parametrize(
    "error", [KeyError("x\ny"), RecursionError("too deep"), ValueError(""), AssertionError()]
)
@pytest.mark.parametrize("debug", ["", "option", "variable"])
def test_what_nobody_foresaw_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, debug: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("specar.data.status.listing", fail)
    monkeypatch.delenv("SPECAR_DEBUG", raising=False)
    if debug == "variable":
        monkeypatch.setenv("SPECAR_DEBUG", "1")
    assert cli.main(["--debug", "datasets"] if debug == "option" else ["datasets"]) == 1
    *before, line = capsys.readouterr().err.splitlines()
    assert line.startswith(f"specar: error: {type(error).__name__}: ")
    assert "specar/cli/data.py:" in line
    assert ("Traceback (most recent call last):" in before) == bool(debug)
    assert bool(before) == bool(debug)
