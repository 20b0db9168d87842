"""A machine filled for a time. The training is made up: a script that says what it was asked for."""

import re
import signal
import time

import pytest

from specar.cli import main
from specar.config import parse_config
from specar.cost import sharing
from specar.results import fill
from specar.results.fill import Filling
from specar.results.order import Next
from specar.runs.store import plan_of
from specar.training.gpu import Card

# Seed 2 fails, seed 3 stops when it is asked to, seed 4 does not; the others end at once.
SCRIPT = """#!/bin/sh
echo "begin $3 $4" >> said
case $4 in
  *seed2*) sleep 0.1; echo "no such thing" >&2; exit 1;;
  *seed3*) trap 'exit 143' TERM; echo ready >> said; while :; do sleep 0.02; done;;
  *seed4*) trap '' TERM; echo ready >> said; while :; do sleep 0.02; done;;
esac
"""


@pytest.fixture
def filled(tmp_path, monkeypatch, prepared_folders, config_of):
    """Return a function that fills this machine with runs of some seeds, which take ``seconds``."""
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "python"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    (tmp_path / "said").touch()
    monkeypatch.setattr(fill.sys, "executable", str(script))
    monkeypatch.setattr(fill, "_LOOK", 0.02)
    monkeypatch.setattr(fill, "GRACE", 0.3)

    def work(seeds, end=20.0, seconds=0.1, jobs=8, **execution):
        values = config_of(seeds=seeds, data={"dir": str(prepared_folders.parent)})
        values["execution"] |= execution
        plan = plan_of(parse_config({**values, "matrix": values["matrix"][1:]}))
        filling = Filling(plan, [Next(name, seconds, "") for name in plan.runs], end, jobs)
        lines = [re.sub(r"imputation-\S+-(seed\d)-\w+:", r"\1:", line) for line in filling.work()]
        return filling, lines, (tmp_path / "said").read_text().splitlines()

    return work


def test_a_run_that_fails_is_said_and_others_go_on(filled):
    filling, lines, said = filled([1, 2, 5], jobs=1)
    assert lines[0] == "finished: seed1: "
    assert re.fullmatch(r"failed: seed2: see \S+train\S+\.log", lines[1])
    assert lines[2:] == ["finished: seed5: "]
    assert filling.ended == {"finished": 2, "failed": 1}
    log = lines[1].split()[-1]
    assert open(log).read() == "no such thing\n"  # noqa: PTH123, SIM115
    kinds = [line.split()[:2] for line in said]
    assert kinds.count(["begin", "floors"]) == 2  # which are not there after either of those that ended


def test_what_still_runs_at_the_end_is_stopped(filled):
    filling, lines, _ = filled([3], end=0.2)
    assert lines == ["stopped: seed3: 0 epochs are done; it goes on when it is begun again"]
    assert filling.ended == {"stopped": 1}


def test_a_signal_ends_the_time_and_what_does_not_stop_is_killed(filled, monkeypatch, tmp_path):
    sleep = time.sleep

    def ready(seconds):
        sleep(seconds)
        if (tmp_path / "said").read_text().count("ready") == 2:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(fill.time, "sleep", ready)
    _, lines, _ = filled([3, 4], end=60.0)
    assert [line.split(": ")[:2] for line in lines] == [["stopped", "seed3"], ["failed", "seed4"]]


def test_none_is_begun_that_gets_nowhere(filled):
    filling, _, _ = filled([1, 5], seconds=45.0)  # of which an epoch takes 15 s: it goes on later
    assert filling.ended == {"finished": 2}
    filling, lines, _ = filled([7], end=10.0, seconds=45.0)
    assert (lines, len(filling.waiting)) == ([], 1)


def test_as_many_at_a_time_as_there_is_room_for(filled, monkeypatch):
    monkeypatch.setattr(sharing, "cards", lambda: [Card("NVIDIA H200", 4 << 30)])
    running, ended = [], Filling._ended
    monkeypatch.setattr(Filling, "_ended", lambda self: running.append(len(self.running)) or ended(self))
    assert filled([1, 5, 6], jobs=1)[0].ended == {"finished": 3}
    assert max(running) == 1
    running.clear()
    filling, _, _ = filled([7, 8, 9], device="auto", gpus=[0])
    assert set(filling.slots.values()) == {4}  # of 8
    assert max(running) == 2


def test_nothing_to_begin_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        "matrix: [{task: imputation, datasets: [ETTh1], models: [dlinear]}]\ndata: {dir: d}\nuse_cache: false"
    )
    assert main(["fill", "--minutes", "1", "--config", "c.yaml"]) == 1
    assert "no run to begin" in (said := capsys.readouterr().err)
    assert said.endswith("see 'specar prepare ETTh1'\n")
    with pytest.raises(SystemExit):
        main(["fill", "--minutes", "0"])
