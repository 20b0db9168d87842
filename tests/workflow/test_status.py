"""What 'specar status' and 'specar runs' say of runs that are done, running, failed, stopped and missing."""

import json
import os
import signal
import time

import pytest

from specar.base.locks import hold_lock
from specar.cli import main
from specar.config import load_config
from specar.runs.status import status_of
from specar.runs.store import plan_of

LONG = {"epochs": 5000, "batch_size": 8, "patience": 5000}
ENTRY = {"task": "imputation", "datasets": ["Small"]}


@pytest.fixture
def work(workspace, monkeypatch):
    monkeypatch.chdir(workspace.folder)
    return workspace


@pytest.fixture
def fresh(untrained, monkeypatch):
    """With the data prepared."""
    monkeypatch.chdir(untrained.folder)
    return untrained


def plan():
    return plan_of(load_config("config.yaml"))


def states():
    made = plan()
    return {run.seed: status_of(made, name) for name, run in made.runs.items()}


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_done_failed_and_missing(failed, monkeypatch, capsys):
    work = failed
    monkeypatch.chdir(work.folder)
    _, broken = work.values["matrix"]
    work.configure(matrix=[{**ENTRY, "seeds": [1, 3]}, broken])
    found = states()
    assert {seed: status.state for seed, status in found.items()} == {1: "done", 2: "failed", 3: "missing"}
    (attempt,) = found[2].attempts
    assert attempt["error"]["class"] == "NotFinite"
    assert attempt["last_lines"]
    assert attempt["peak_memory_bytes"] > 1e8
    # the overview counts them, names the reason, and estimates the time left from the run that is done
    assert main(["status", "--config", "config.yaml"]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[0].lower().split() == ["task", "dataset", "runs", "done", "failed", "missing"]
    assert any(line.startswith("about ") for line in text.splitlines())
    assert " for 3 runs, " in text.split("cost model, in fp32: ")[1]
    assert "NotFinite: " in text
    # the cell says that it failed, the table why
    markdown = (work.folder / "results" / "tables" / "imputation.md").read_text()
    assert "NotFinite: " in markdown
    # filters
    for arguments, expected in (
        (["--state", "failed"], 1),
        (["--seed", "1", "--seed", "3"], 2),
        (["--task", "classification"], 0),
        (["--setting", "0.25", "--no-top"], 3),
        (["--top"], 0),
    ):
        assert main(["runs", "--ids", *arguments, "--config", "config.yaml"]) == 0
        assert len(capsys.readouterr().out.split()) == expected
    assert main(["runs", "--json", "--state", "done", "--config", "config.yaml"]) == 0
    mse = json.loads(capsys.readouterr().out)["metrics"]["mse"]
    assert mse > 0
    # the table has the digits of the paper, and why a run failed
    assert main(["runs", "--config", "config.yaml"]) == 0
    head, done, *others = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["State", "Run", "MSE"]
    assert done.split()[2] == f"{mse:.3f}"
    assert any(line.startswith("failed") and "NotFinite: " in line for line in others)
    assert main(["status", "--json", "--config", "config.yaml"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert [(row["runs"], row["done"], row["failed"], row["missing"]) for row in counts] == [(3, 1, 1, 1)]


def test_running_then_stopped_then_killed(fresh, capsys):
    """One process per run; a signal leaves a checkpoint and its name, a kill nothing."""
    fresh.configure(matrix=[ENTRY], seeds=[1], training=LONG)
    runs = fresh.folder / "results" / "runs"
    (name,) = plan().runs
    train = ["train", name, "--config", "config.yaml"]
    process = fresh.start_specar(*train)
    wait_for(lambda: list(runs.glob("*/checkpoint.pt")))
    (status,) = states().values()
    assert status.state == "running"
    assert status.epoch >= 1
    assert main(train) == 1
    assert f"another process trains {name}" in capsys.readouterr().err
    assert process.poll() is None

    (path,) = runs.glob("*/status.json")
    assert json.loads(path.read_text())["attempts"][-1]["pid"] == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM
    (status,) = states().values()
    assert status.state == "interrupted"
    assert status.reason.startswith("Interrupted: ")
    assert "SIGTERM" in status.reason

    process = fresh.start_specar(*train)
    wait_for(lambda: states()[1].state == "running")
    fresh.kill(process)
    (status,) = states().values()
    assert status.state == "interrupted"
    assert "ended without a word" in status.reason


def test_a_failure_that_repeats_is_tried_once(failed):
    logs = [path.read_text() for path in (failed.folder / "results" / "logs" / "train").iterdir()]
    assert sum("not tried again" in text for text in logs) == 1


def test_a_run_of_a_printed_spec(fresh, capsys):
    work = fresh
    work.configure(matrix=[ENTRY], seeds=[1])
    (name,) = plan().runs
    assert main(["spec", name, "--config", "config.yaml"]) == 0
    (work.folder / "run.yaml").write_text(capsys.readouterr().out)
    assert main(["train", "run.yaml", "--config", "config.yaml"]) == 0
    (record,) = work.records()
    assert record.parent.name == name


def test_damaged_files_of_a_run_are_passed_over(work, capsys):
    work.configure(matrix=[ENTRY])
    (name,) = plan().runs
    folder = work.folder / "results" / "runs" / name
    folder.mkdir(parents=True)
    for text in ('{"attempts": [{"sta', '{"attempts": [{}]}', '{"attempts": [3]}', "[]"):
        (folder / "status.json").write_text(text)
        whole = '{"epoch": 1, "train_loss": 0.5, "val": {"mse": 0.5}, "seconds": 2.0}'
        (folder / "history.jsonl").write_text(f'{whole}\n{{"epo')
        assert main(["status", "--config", "config.yaml"]) == 0
        (status,) = states().values()
        assert (status.state, status.epoch, status.epoch_seconds) == ("missing", 1, 2.0)


def test_a_running_job_says_its_epoch_and_the_time_left(work, capsys, monkeypatch):
    work.configure(matrix=[ENTRY], training={"epochs": 6})
    (name,) = plan().runs
    folder = work.folder / "results" / "runs" / name
    folder.mkdir(parents=True)
    line = '{"epoch": %d, "train_loss": 0.5, "val": {"mse": 0.5}, "seconds": 90}\n'
    (folder / "history.jsonl").write_text(line % 1 + line % 2)
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("specar.cli.runs.time.sleep", wait)
    lock = hold_lock(folder / ".lock", "another process")
    assert main(["status", "--watch", "3", "--config", "config.yaml"]) == 130
    os.close(lock)
    text = capsys.readouterr().out
    assert waits == [3, 3]
    assert text.count(f"  {name}: epoch 2 of at most 6 done, at most 6 min left") == 2


def test_a_reason_is_one_line(work, capsys):
    work.configure(matrix=[ENTRY])
    (name,) = plan().runs
    error = {"class": "ValueError", "message": "first\nsecond\x1b[31m"}
    folder = work.folder / "results" / "runs" / name
    folder.mkdir(parents=True)
    (folder / "status.json").write_text(json.dumps({"attempts": [{"state": "failed", "error": error}]}))
    assert main(["status", "--config", "config.yaml"]) == 0
    assert r"ValueError: first second\x1b[31m (attempt 1)" in capsys.readouterr().out
