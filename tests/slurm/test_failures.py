"""What becomes of jobs that fail, in one run of the workflow, and of a run that cannot submit."""

import re
import time

import pandas as pd
import pytest

pytestmark = pytest.mark.slurm

ENTRY = {"task": "long_term_forecast", "datasets": ["Small"]}
DIVERGING = {**ENTRY, "seeds": [2], "training": {"learning_rate": 1e30}}
HUNGRY = {"task": "imputation", "datasets": ["Small"]}
# Too little for Python, PyTorch and the Snakemake around it, until the second attempt.
LITTLE = "train_imputation:mem_mb=300 if attempt == 1 else 4000"


class Ended:
    """The workspace after a run with three jobs on GPUs: one that works, one diverging, one hungry."""

    def __init__(self, workspace):
        self.workspace, self.given, self.seen = workspace, {}, {}
        process = workspace.start("--set-resources", LITTLE, profile=workspace.MERGED)
        try:
            while process.poll() is None:
                self._note_gpus()
                time.sleep(0.2)
        finally:
            process.kill()
        self.status, self.log = process.returncode, workspace.log()
        names = workspace.runs()
        self.good, self.diverging, self.hungry = (
            next(name for name in names if name.startswith(task) and f"-seed{seed}-" in name)
            for task, seed in (("long", 1), ("long", 2), ("imputation", 1))
        )

    def _note_gpus(self):
        """The GPUs of running jobs, as SLURM gave them and as the training sees them."""
        for number in self.workspace.cluster.running():
            if found := re.search(r"IDX:(\S+)\)", self.workspace.cluster.job(number).get("GRES", "")):
                self.given[number] = found[1]
        for path in self.workspace.file("*").parent.parent.glob("*/status.json"):
            for attempt in self.workspace.attempts(path.parent.name):
                self.seen[attempt["slurm_job"]] = attempt["cuda_visible_devices"]


@pytest.fixture(scope="module")
def ended(make_workspace, cluster):
    matrix = [ENTRY, DIVERGING, HUNGRY]
    return Ended(make_workspace(cluster, matrix=matrix, execution={"device": "auto", "threads": 1}))


def test_a_failing_run_does_not_stop_the_others(ended, cluster):
    assert ended.status == 1
    assert ended.workspace.file(ended.good).exists()
    assert ended.workspace.file(ended.hungry).exists()
    assert not ended.workspace.file(ended.diverging).exists()
    (array, *tries) = ended.workspace.submissions()["train_long_term_forecast"]
    states = cluster.accounts(array, *tries)
    assert sorted(state for state, *_ in states.values()) == ["COMPLETED", *["FAILED"] * 3]
    assert len(tries) == 2

    (attempt,) = ended.workspace.attempts(ended.diverging)
    assert attempt["error"]["class"] == "NotFinite"
    assert "lower training.learning_rate" in ended.log
    table = pd.read_csv(ended.workspace.folder / "results" / "tables" / "long_term_forecast.csv")
    assert "partial" in set(table["state"])
    ended.workspace.say(
        f"diverging: tried three times, trained once ({attempt['error']['message']})",
        "the other runs and the tables of what is there were finished; exit status 1",
    )


def test_a_limit_on_gpus_of_the_default_profile_does_not_hold_for_the_cluster(ended):
    # Both were submitted at once, although the profile that is merged in says gpu: 1.
    submitted = ended.workspace.submissions()["train_long_term_forecast"]
    assert next(iter(submitted.values())) == 2


def test_a_job_that_got_too_little_memory_gets_more(ended, cluster):
    first, second = ended.workspace.submissions()["train_imputation"]
    states = cluster.accounts(first, second)
    assert states[first][:2] == ["FAILED", "300M"]  # with cgroups: OUT_OF_MEMORY
    assert states[second][:2] == ["COMPLETED", "4000M"]
    assert f"SLURM-job '{first}' failed" in ended.log
    assert f"StepId={first}.0 exceeded memory limit" in ended.log
    ended.workspace.say(f"{first}: ended by SLURM for its memory; {second}: finished with more")


def test_a_job_sees_the_gpu_that_slurm_gave_it(ended):
    assert ended.seen
    assert ended.seen == {number: ended.given[number] for number in ended.seen}
    assert set(ended.seen.values()) == {"0", "1"}
    ended.workspace.say(f"CUDA_VISIBLE_DEVICES by job, as SLURM gave them: {ended.seen}")


def test_an_unknown_account_is_said_and_not_waited_for(ended):
    workspace, run = ended.workspace, ended.diverging
    target = workspace.file(run).relative_to(workspace.folder).as_posix()
    log = workspace.snakemake(target, status=1, SPECAR_SLURM_ACCOUNT="nobody")
    assert "The given account nobody appears to be invalid" in log
    assert workspace.submissions() == {}
