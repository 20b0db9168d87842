"""A cluster without accounting, where only squeue tells what became of a job."""

import pytest

pytestmark = pytest.mark.slurm


def test_the_queue_tells_enough(make_workspace, plain_cluster):
    matrix = [{"task": "imputation", "datasets": ["Small"], "seeds": [1, 2]}]
    workspace = make_workspace(plain_cluster, matrix=matrix)
    log = workspace.snakemake("imputation", "--slurm-status-command", "squeue")
    submitted = workspace.submissions()
    assert {rule: list(found.values()) for rule, found in submitted.items()} == {
        "floors_imputation": [1],
        "train_imputation": [2],
    }
    for run in workspace.runs():
        assert workspace.file(run).exists()
    workspace.say(f"without accounting: {submitted}")
    assert "steps (100%) done" in log
