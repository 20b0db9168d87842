"""What snakemake-executor-plugin-slurm 2.6 to 2.8 lacks to run this workflow on SLURM.

Its arrays do not suit jobs of unequal length. A member checks the output files of the first one, and so fails
while that one runs; with accounting all members have the state of the last one; jobs get lost when not all
that are ready may start; and a retry can get the memory of a first attempt. So arrays are submitted here.
Besides, it waits for ever for a job that was cancelled, and for one whose submission failed in its own code,
as with an account that SLURM does not know. Everything else is the plugin's, and so are its options.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

# Far below the usual limits: 1001 members and a script of 4 MB, at about 5 kB a member.
_LARGEST = 200


def correct_plugin() -> None:
    """Replace these parts of the plugin, where Snakemake has loaded it."""
    plugin: Any = sys.modules.get("snakemake_executor_plugin_slurm")
    if plugin is None or hasattr(plugin, "specar_corrected"):
        return
    plugin.specar_corrected = True
    sacct, states, run_jobs = plugin.query_job_status_sacct, plugin.query_job_status, plugin.Executor.run_jobs

    async def known_states(command: str, logger: Any) -> tuple[dict[str, str] | None, float | None]:
        found, seconds = await states(command, logger)
        return found and {job: first_word(state) for job, state in found.items()}, seconds

    def run_batches(executor: Any, jobs: Iterable[Any]) -> None:
        for batch in batches(jobs):
            run_jobs(executor, batch)

    plugin.query_job_status = known_states
    # JobIdRaw does not name the members of an array.
    plugin.query_job_status_sacct = lambda run: sacct(run).replace("JobIdRaw", "JobID")
    # The number of jobs to wait for; the plugin drops those that it makes wait.
    plugin.pending_jobs_for_rule = lambda dag, rule: 0
    plugin.Executor.run_jobs = run_batches
    plugin.Executor.run_job = _reporting(plugin, lambda job: [job])(plugin.Executor.run_job)
    plugin.Executor.run_array_jobs = _reporting(plugin, list)(functools.partial(_run_array, plugin))


def first_word(state: str) -> str:
    """SLURM's state without what it adds: "CANCELLED by 1000"."""
    return state.split()[0] if state else state


def batches(jobs: Iterable[Any]) -> Iterator[list[Any]]:
    """Jobs that may share an array: of one rule and with the same resources, 200 at most."""
    same: dict[str, list[Any]] = {}
    for job in jobs:
        resources = sorted((str(name), value) for name, value in job.resources.items())
        same.setdefault(repr((job.name, job.is_group(), resources)), []).append(job)
    for found in same.values():
        yield from (found[start : start + _LARGEST] for start in range(0, len(found), _LARGEST))


def array_script(commands: Iterable[str]) -> str:
    """Batch script in which every member of an array, counted from 1, has its own command."""
    cases = [f"{index})\n{command}\n;;" for index, command in enumerate(commands, 1)]
    return "\n".join(["#!/bin/sh", 'case "$SLURM_ARRAY_TASK_ID" in', *cases, "esac", ""])


def _reporting(plugin: Any, jobs_of: Callable[[Any], list[Any]]) -> Callable[..., Callable[..., None]]:
    """Tell Snakemake of what a submitting thread raises; it would wait for these jobs for ever."""

    def decorate(submit: Callable[..., None]) -> Callable[..., None]:
        """Wrap a submission of jobs."""

        def submit_or_report(executor: Any, what: Any) -> None:
            try:
                submit(executor, what)
            except Exception as error:
                for job in jobs_of(what):
                    executor._report_job_error_threadsafe(
                        plugin.SubmittedJobInfo(job), f"cannot submit to SLURM: {error}"
                    )

        return submit_or_report

    return decorate


def _run_array(plugin: Any, executor: Any, jobs: list[Any]) -> None:
    """Submit jobs as one array, every member with the command that it would have alone."""
    logs = executor.slurm_logdir / f"rule_{jobs[0].name}"
    number = _submit(plugin, executor, jobs, logs)
    for index, job in enumerate(jobs, 1):
        member = f"{number}_{index}"
        info = plugin.SubmittedJobInfo(
            job, external_jobid=member, aux={"slurm_logfile": logs / f"{member}.log"}
        )
        executor._report_job_submission_threadsafe(info)
    numbers = ", ".join(str(job.jobid) for job in jobs)
    executor.logger.info(
        f"Jobs {numbers} have been submitted as the array with SLURM jobid {number} "
        f"(logs: {logs}/{number}_*.log)."
    )


def _submit(plugin: Any, executor: Any, jobs: list[Any], logs: Path) -> str:
    """SLURM's id of the array."""
    logs.mkdir(parents=True, exist_ok=True)
    first = jobs[0]
    plugin.validate_slurm_extra(first)
    values = {
        "run_uuid": executor.run_uuid,
        "slurm_logfile": logs / "%A_%a.log",
        "comment_str": f"rule_{first.name}",
        "account": next(executor.get_account_arg(first)),
        "partition": executor.get_partition_arg(first),
        "workdir": executor.workflow.workdir_init,
    }
    call = plugin.get_submit_command(
        first, values, settings=executor.workflow.executor_settings, failed_nodes=executor._failed_nodes
    )
    call += f"{plugin.set_gres_string(first)} --array=1-{len(jobs)}"
    script = array_script(executor.format_job_exec(job) for job in jobs)
    done = subprocess.run(call, shell=True, input=script, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{done.stderr.strip()} ({call})")
    return str(plugin.validate_or_get_slurm_job_id(done.stdout.strip().split(";")[0], done.stdout))
