"""What the check of a GPU can do without one, and what becomes of the rates that it measures."""

import json
import sys
from pathlib import Path

import pytest
import torch

from specar.base.errors import SpecarError
from specar.cost import rates

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import gpu_check

    return gpu_check


@pytest.fixture
def check(module):
    return module.Check(torch.device("cpu"), 1, 1)


def test_golden_vectors_agree_and_a_difference_is_seen(module, check, monkeypatch):
    found = check.do("golden").found
    assert len(found) == 6
    assert max(error for case in found.values() for error in case.values()) < module.BOUND

    def other(weights, config):
        return released(weights | {name: 1.01 * value for name, value in weights.items()}, config)

    released = module.from_released
    monkeypatch.setattr(module, "from_released", other)
    assert min(case["output"] for case in check.do("golden").found.values()) > module.BOUND


def test_what_needs_a_gpu_is_not_done_and_says_why(check):
    for name in ("tests", "steps", "rates"):
        part = check.do(name)
        assert not part.found
        assert all(why.startswith("no GPU") for why in part.not_done.values()), part
        assert part.not_done


def script(text):
    """In place of the command of a process: a short one."""
    return lambda *_: [sys.executable, "-c", text]


def test_a_part_that_fails_says_so_and_the_others_go_on(module, check, monkeypatch):
    monkeypatch.setattr(module, "differences", lambda *_: 1 / 0)
    assert check.do("golden").not_done == {"golden": "ZeroDivisionError: division by zero"}
    monkeypatch.setattr(check, "_command", script("raise SystemExit('no such setting')"))
    assert check.do("speed").not_done["exchange specar fp32"] == "RuntimeError: no such setting"
    assert check.do("throughput").not_done["2 eager"] == "RuntimeError: no such setting"
    check.end = 0
    check._rows(part := module.Part(), [("exchange", "specar", "fp32")], keep=1)
    assert "no time is left for it" in part.not_done["exchange specar fp32"]


def test_several_runs_begin_at_once_and_end_in_time(check, monkeypatch):
    """Each waits for the others to be ready: one after the other would not overlap."""
    text = """
import time
print("{}", flush=True)
input()
start = time.time()
time.sleep(0.3)
print([start, time.time()])
"""
    monkeypatch.setattr(check, "_command", script(text))
    times = [times for _, times in check._at_once(2, "exchange", "eager")]
    assert max(start for start, _ in times) < min(end for _, end in times)
    monkeypatch.setattr(check, "_command", script("import time; time.sleep(9)"))
    check.end = 0
    with pytest.raises(RuntimeError, match="ended after 1 s"):
        check._at_once(1, "exchange", "compile")


def test_steps_are_counted(module, monkeypatch, capsys):
    import steps

    options = ["steps.py", "exchange", "eager", "--threads", "1", "--seconds", "0.1", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", options)
    monkeypatch.setattr("builtins.input", lambda: "")
    steps.main()
    ready, done = map(json.loads, capsys.readouterr().out.splitlines())
    assert len(ready["losses"]) == 4
    assert done["steps"] >= 5
    assert done["seconds"] >= 0.1
    monkeypatch.setattr(sys, "argv", [*options[:2], "graphs", *options[3:]])
    with pytest.raises(SpecarError, match="needs a GPU"):
        steps.main()


def test_rates_of_a_gpu_take_the_place_of_the_assumed_ones(module, tmp_path, monkeypatch):
    shipped = module.MEASURED.read_text()
    assert module.machines_text(json.loads(shipped)) == shipped
    (cpu,) = json.loads(shipped)
    rows = [{**row, "device": "A GPU", "further": 1} for row in cpu["rows"]]
    parts = {"speed": {"found": rows}, "rates": {"found": {}}}
    report = {"git": {"commit": "0123456789"}, "started": "2026-01-02T03", "parts": parts}
    monkeypatch.setattr(module, "MEASURED", tmp_path / "measured.json")
    monkeypatch.setattr(rates, "files", lambda _: tmp_path)
    module.MEASURED.write_text(shipped)
    for _ in range(2):  # again in place of the first
        module.take(report)
        assert [one.device for one in rates.classes()] == ["A GPU, 2 threads", "AMD EPYC, 2 threads"]
        assert rates.classes()[0].source == "measured on 2026-01-02"
    with pytest.raises(SystemExit, match="no rates to take"):
        module.take({**report, "parts": {**parts, "rates": {"found": None, "not_done": {"rates": "no GPU"}}}})
