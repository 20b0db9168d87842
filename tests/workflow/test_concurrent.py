"""Several processes and workflows that want the same data at the same time."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from specar.base.locks import write_lock

DATASETS = ("Small", "Small-M4", "Small-TS", "Small-AD")
KEPT = "is prepared already"
WAITS = "waiting for another process that"

# 'specar prepare' that stops in the middle: it says so, and goes on when it is told to.
HALFWAY = """
import sys
from specar.cli import main
from specar.data import prepare

save = prepare._save

def slow_save(path, array):
    save(path, array)
    if path.name.startswith(".values.npy"):
        print("halfway", flush=True)
        sys.stdin.readline()

prepare._save = slow_save
sys.exit(main(["prepare", "Small", "--config", "config.yaml"]))
"""


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files(folder)}


def stats(folder):
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files(folder)}


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


def wait_until(condition, process=None):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None, "it ended before"
        time.sleep(0.02)


def log_of(workspace, results, rule="prepare", name="Small"):
    path = workspace.folder / results / "logs" / rule / f"{name}.log"
    return path.read_text() if path.exists() else ""


@pytest.fixture
def alone(made_once):
    """Prepared data of all datasets, made by one process."""

    def fill(workspace):
        workspace.specar("prepare", *DATASETS, "--config", "config.yaml")

    return made_once("alone", fill).folder / "results" / "data" / "prepared"


@pytest.fixture
def prepared(workspace):
    return workspace.folder / "results" / "data" / "prepared"


@pytest.fixture
def halfway(workspace):
    """A process that is in the middle of preparing Small."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", HALFWAY],
        cwd=workspace.folder, env=workspace._environment(), stdin=pipe, stdout=pipe, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "halfway\n"
    yield process
    process.kill()
    process.communicate()


def start_prepare(workspace, *names):
    command = [sys.executable, "-m", "specar", "prepare", *names, "--config", "config.yaml"]
    return subprocess.Popen(
        command, cwd=workspace.folder, env=workspace._environment(), stderr=subprocess.PIPE, text=True
    )


def test_three_processes_prepare_at_once(workspace, alone, prepared):
    processes = [start_prepare(workspace, *DATASETS) for _ in range(3)]
    logs = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 3, logs
    for name in DATASETS:  # one has done it and two have found it done
        assert sum(f"dataset {name} {KEPT}" in log for log in logs) == 2
    assert contents(prepared) == contents(alone)


def test_killed_in_the_middle_and_started_again(workspace, alone, prepared, halfway):
    halfway.send_signal(signal.SIGKILL)
    halfway.wait()
    assert [path.suffix for path in files(prepared)] == [".part"] * 2  # of the array and of meta.json
    workspace.specar("prepare", "Small", "--config", "config.yaml")
    assert contents(prepared / "Small") == contents(alone / "Small")


@pytest.mark.parametrize("killed", [False, True])
def test_a_second_process_waits_for_one_in_the_middle(workspace, alone, prepared, halfway, killed):
    second = start_prepare(workspace, "Small")
    while WAITS not in (line := second.stderr.readline()):
        assert line, "it did not wait"
    if killed:
        halfway.send_signal(signal.SIGKILL)
    else:
        halfway.stdin.write("\n")
        halfway.stdin.flush()
    _, rest = second.communicate()
    assert second.returncode == 0
    assert (KEPT in rest) == (not killed)
    assert contents(prepared / "Small") == contents(alone / "Small")


# Workflows


def run_targets(workspace, results):
    (workspace.folder / results).mkdir(exist_ok=True)
    workspace.specar("plan", "--config", "config.yaml", "--output", "plan.json")
    runs = json.loads((workspace.folder / "plan.json").read_text())["runs"]
    return [f"{results}/runs/{name}/metrics.json" for name in runs]


def numbers(workspace, results):
    records = [
        json.loads(path.read_text()) for path in (workspace.folder / results).glob("runs/*/metrics.json")
    ]
    return {record["run_id"]: (record["metrics"], record["details"], record["data"]) for record in records}


@pytest.fixture
def shared_data(workspace):
    """Every workflow has a results folder of its own and the data of all."""
    matrix = [{"task": "imputation", "datasets": ["Small"]}]
    training = {"epochs": 1, "batch_size": 16}
    workspace.configure(matrix=matrix, training=training, data={"mirror": "mirror", "dir": "data"})
    return workspace


def arguments(workspace, results):
    return [*run_targets(workspace, results), "--config", f"results={results}"]


def test_two_workflows_at_once(shared_data, alone):
    workspace, prepared = shared_data, shared_data.folder / "data" / "prepared"
    both = [workspace.start(*arguments(workspace, results)) for results in ("first", "second")]
    assert [process.wait(300) for process in both] == [0, 0]
    logs = [log_of(workspace, results) for results in ("first", "second")]
    assert sum(KEPT in log for log in logs) == 1, logs
    before = stats(prepared)
    assert contents(prepared / "Small") == contents(alone / "Small")
    assert numbers(workspace, "first") == numbers(workspace, "second")
    assert len(numbers(workspace, "first")) == 1

    # A workflow that comes later changes nothing for those before it.
    workspace.snakemake("data", "--config", "results=third")
    assert stats(prepared) == before
    assert "Nothing to be done" in workspace.snakemake(*arguments(workspace, "first")).stderr


SECOND = ("data", "--config", "results=second", "data={mirror: mirror, dir: results/data}")


def put(source, folder):
    """What another process prepares meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return stats(folder)


def test_a_workflow_that_was_planned_when_there_was_no_data_takes_none_away(workspace, alone, prepared):
    workspace.configure(matrix=[{"task": "imputation", "datasets": ["Small"]}])
    raw = workspace.folder / "results" / "data" / "raw" / "Small"
    with write_lock(raw, "fetches Small"):
        process = workspace.start(*SECOND)
        wait_until(lambda: WAITS in log_of(workspace, "second", "fetch"), process)
        before = put(alone / "Small", prepared / "Small")  # the job that prepares has not begun
    assert process.wait(120) == 0
    assert stats(prepared / "Small") == before
    assert KEPT in log_of(workspace, "second")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_a_workflow_that_ends_early_takes_no_data_away(workspace, alone, prepared, ending):
    workspace.configure(matrix=[{"task": "imputation", "datasets": ["Small"]}])
    with write_lock(prepared / "Small", "prepares Small"):
        process = workspace.start(*SECOND)
        wait_until(lambda: f"{WAITS} prepares Small" in log_of(workspace, "second"), process)
        before = put(alone / "Small", prepared / "Small")
        os.killpg(process.pid, ending)
        assert process.wait(120) != 0
    assert stats(prepared / "Small") == before
    workspace.snakemake(*SECOND, "--rerun-incomplete")
    assert stats(prepared / "Small") == before
    assert contents(workspace.folder / "second" / "inputs")["Small/meta.json"]


def test_a_moved_project_keeps_its_data(trained, tmp_path_factory):
    moved = tmp_path_factory.mktemp("elsewhere") / "project"
    trained.folder.rename(moved)
    trained.folder = moved
    assert "Nothing to be done" in trained.snakemake("data", "imputation").stderr


def test_results_behind_a_link(workspace, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("scratch")
    (workspace.folder / "results").symlink_to(scratch)
    workspace.configure(
        matrix=[{"task": "imputation", "datasets": ["Small"]}], data={"mirror": "mirror", "dir": "data"}
    )
    workspace.snakemake("data")
    assert (
        scratch / "inputs" / "Small" / "values.npy"
    ).resolve() == workspace.folder / "data/prepared/Small/values.npy"
    assert "Nothing to be done" in workspace.snakemake("data").stderr
