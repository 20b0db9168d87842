"""What is corrected in the plugin for SLURM, without a cluster."""

import asyncio
import logging
import subprocess
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_slurm as plugin

from specar.slurm import array_script, batches, correct_plugin, first_word

NAMES = ("query_job_status", "query_job_status_sacct", "pending_jobs_for_rule")
METHODS = ("run_jobs", "run_job", "run_array_jobs")


class Executor(plugin.Executor):
    """One that notes what it would tell Snakemake, and has nothing else."""

    def __init__(self):
        self.errors, self.submitted, self.array_jobs = [], [], {"all"}
        self.slurm_logdir, self.logger = None, logging.getLogger(__name__)
        self._main_event_loop, self.max_array_size = None, 1000
        self.workflow = SimpleNamespace(dag=None)
        self._job_submission_executor = SimpleNamespace(submit=lambda call, what: call(what))

    def _report_job_error_threadsafe(self, info, msg):
        self.errors.append((info.job.jobid, msg))


@pytest.fixture
def corrected(monkeypatch):
    for name in NAMES:
        monkeypatch.setattr(plugin, name, getattr(plugin, name))
    for name in METHODS:
        monkeypatch.setattr(plugin.Executor, name, getattr(plugin.Executor, name))
    monkeypatch.setattr(plugin, "specar_corrected", True, raising=False)
    monkeypatch.delattr(plugin, "specar_corrected")
    correct_plugin()


def job(number, rule="train", **resources):
    values = {"mem_mb": 1, **resources}
    return SimpleNamespace(
        jobid=number, name=rule, rule=SimpleNamespace(name=rule), resources=values, is_group=lambda: False
    )


def test_every_member_of_an_array_has_its_own_command():
    script = array_script(['echo "it\'s one"', "cd / && pwd", "exit 3"])
    ended = [
        subprocess.run(
            ["sh", "-s"], input=script, env={"SLURM_ARRAY_TASK_ID": str(n)}, text=True, capture_output=True
        )
        for n in (1, 2, 3)
    ]
    assert [done.stdout for done in ended] == ["it's one\n", "/\n", ""]
    assert [done.returncode for done in ended] == [0, 0, 3]


def test_jobs_share_an_array_if_they_ask_for_the_same():
    jobs = [job(1), job(2), job(3, mem_mb=2, attempt=2), job(4, rule="floors"), job(5)]
    found = [[each.jobid for each in batch] for batch in batches(jobs)]
    assert found == [[1, 2, 5], [3], [4]]
    assert [len(batch) for batch in batches(job(n) for n in range(450))] == [200, 200, 50]


def test_the_state_of_a_cancelled_job_is_known(corrected):
    command = "printf '7_1|CANCELLED by 1000\\n7_2|RUNNING\\n8|\\n'"
    found, _ = asyncio.run(plugin.query_job_status(command, logging.getLogger()))
    assert found == {"7_1": "CANCELLED", "7_2": "RUNNING", "8": ""}
    assert asyncio.run(plugin.query_job_status("false", logging.getLogger())) == (None, None)
    assert first_word("OUT_OF_MEMORY") == "OUT_OF_MEMORY"


def test_the_accounting_is_asked_for_members_of_arrays(corrected):
    assert "--format=JobID,State" in plugin.query_job_status_sacct("a run")


def test_no_job_waits_for_those_that_may_not_start_yet(corrected, monkeypatch):
    executor = Executor()
    monkeypatch.setattr(Executor, "run_job", lambda self, job: self.submitted.append(job.jobid))
    monkeypatch.setattr(
        Executor, "run_array_jobs", lambda self, jobs: self.submitted.append([j.jobid for j in jobs])
    )
    monkeypatch.setattr(Executor, "run_job_pre", lambda self, job: None)
    waiting = [job(n) for n in range(10, 20)]
    executor.workflow.dag = SimpleNamespace(ready_jobs=waiting, needrun_jobs=lambda: waiting)
    executor.run_jobs([job(1), job(2), job(3, mem_mb=2)])
    assert executor.submitted == [[1, 2], 3]


def test_a_submission_that_fails_is_reported_for_every_job(corrected):
    executor = Executor()
    executor.run_array_jobs([job(1), job(2)])
    assert [number for number, _ in executor.errors] == [1, 2]
    assert all(message.startswith("cannot submit to SLURM: ") for _, message in executor.errors)


def test_correcting_twice_changes_nothing_more(corrected):
    before = [getattr(plugin, name) for name in NAMES]
    correct_plugin()
    assert [getattr(plugin, name) for name in NAMES] == before
