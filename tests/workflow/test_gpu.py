"""Runs of a workflow share out the GPUs. The GPUs are made up: torch finds none and computes on the CPU."""

import json
import os
import re
import time

import pytest


@pytest.fixture
def no_variable(monkeypatch, tmp_path):
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPECAR_LOCKS", str(tmp_path))  # where the locks are


def seconds(line):
    hours, minutes, rest = line.split()[0].split(":")
    return 3600 * int(hours) + 60 * int(minutes) + int(rest)


def leases(workspace):
    """GPU, slot, begin and end in seconds of every run, from its log and its record."""
    found = []
    for record in workspace.records():
        gpu = json.loads(record.read_text())["provenance"]["device"]["gpu"]
        log = workspace.folder / "results" / "logs" / "train" / f"{record.parent.name}.log"
        lines = log.read_text().splitlines()
        (line,) = [line for line in lines if " slot " in line]
        assert line.split(maxsplit=1)[1] == gpu["how"]
        number = re.fullmatch(r"\S+ GPU (\d) \(of 0, 1\), slot (\d)( and 3 more of 8)?", line)
        assert gpu["id"] == gpu["CUDA_VISIBLE_DEVICES"] == number[1]
        assert any("no GPU visible to torch" in line for line in lines)
        found.append((number[1], int(number[2]), seconds(line), seconds(lines[-1])))
    return found


def at_once(spans):
    """The most spans that share a second, in which none of them begins or ends."""
    return max(sum(begin <= second < end for begin, end in spans) for second in {b for b, _ in spans})


@pytest.mark.skipif(os.path.exists("/dev/nvidia0"), reason="its GPUs are made up")  # noqa: PTH110
@pytest.mark.parametrize(("jobs_per_gpu", "runs", "slots"), [(1, 3, [0]), ("auto", 5, [0, 4])])
def test_two_gpus_and_more_runs(untrained, no_variable, monkeypatch, jobs_per_gpu, runs, slots):
    workspace = untrained
    smi = workspace.folder / "bin" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text('#!/bin/sh\necho "NVIDIA H200, 4096 MiB, Disabled"\n')  # memory for two of the runs
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{smi.parent}:{os.environ['PATH']}")
    today = time.localtime().tm_yday
    execution = {"device": "auto", "gpus": [0, 1], "jobs_per_gpu": jobs_per_gpu, "threads": 1}
    workspace.configure(seeds=list(range(1, runs + 1)), execution=execution)
    names = workspace.specar("runs", "--ids", "--config", "config.yaml").stdout.split()
    records = [f"results/runs/{name}/metrics.json" for name in names]
    workspace.snakemake(*records, "--cores", "8", "--resources", "gpu=2")
    held = leases(workspace)
    assert len(held) == runs
    if time.localtime().tm_yday != today:
        pytest.skip("midnight: the times of day in the logs do not compare")
    for gpu in "01":
        own = [(begin, end) for name, _, begin, end in held if name == gpu]
        assert own
        assert at_once(own) <= len(slots)
    assert {slot for _, slot, _, _ in held} == set(slots)
    assert at_once([(begin, end) for *_, begin, end in held]) > 2 * (len(slots) - 1)
    logs = (workspace.folder / "results" / "logs" / "train").glob("*.log")
    assert not any("waiting for GPU" in log.read_text() for log in logs)  # Snakemake counts the same
