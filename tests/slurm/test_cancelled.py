"""A run that is cancelled, then out of time, and finished by a third job."""

import pytest

pytestmark = pytest.mark.slurm

LONG = {"epochs": 700, "patience": 700, "batch_size": 16}


def test_a_cancelled_run_and_one_out_of_time_go_on_where_they_were(make_workspace, cluster):
    matrix = [{"task": "imputation", "datasets": ["Small"]}]
    workspace, undisturbed = (make_workspace(cluster, matrix=matrix, training=LONG) for _ in range(2))
    (run,) = workspace.runs()
    target = workspace.file(run).relative_to(workspace.folder).as_posix()
    beside = undisturbed.start(target, profile=workspace.LOCAL)
    process = workspace.start(target)
    try:
        # The first job is cancelled by hand.
        workspace.wait_for(lambda: workspace.epochs(run) >= 2, "two epochs")
        (first,) = workspace.submissions()["train_imputation"]
        cluster.ask("scancel", first)
        (attempt,) = workspace.wait_for(lambda: ended(workspace, run, 1), "an interrupted attempt")
        assert attempt["state"] == "interrupted"
        assert attempt["slurm_job"] == first
        assert workspace.file(run, "checkpoint.pt").exists()
        epochs = workspace.epochs(run)

        # The second one is left less time than the warning before its end.
        workspace.wait_for(lambda: workspace.epochs(run) > epochs, "progress")
        _, second = workspace.submissions()["train_imputation"]
        minutes = int(cluster.job(second)["RunTime"].split(":")[1]) + 2
        cluster.ask("scontrol", "update", f"JobId={second}", f"TimeLimit={minutes}")
        (_, attempt) = workspace.wait_for(lambda: ended(workspace, run, 2), "another interrupted attempt")
        assert attempt["state"] == "interrupted"
        assert attempt["slurm_job"] == second
        assert process.wait(timeout=600) == 0, workspace.log()
        assert beside.wait(timeout=600) == 0, undisturbed.log()
    finally:
        process.kill()
        beside.kill()
    _, _, third = ids = list(workspace.submissions()["train_imputation"])
    states = [cluster.accounts(number)[number][0].split()[0] for number in ids]
    assert states == ["CANCELLED", "FAILED", "COMPLETED"]
    assert workspace.numbers(workspace.file(run)) == undisturbed.numbers(undisturbed.file(run))
    workspace.say(
        f"{first} was cancelled, {second} out of time, {third} finished: the numbers of an undisturbed run"
    )


def ended(workspace, run, number):
    """The attempts that have ended, if there are so many."""
    found = [attempt for attempt in workspace.attempts(run) if attempt["state"] != "running"]
    return found if len(found) == number else None
