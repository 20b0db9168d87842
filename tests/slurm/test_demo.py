"""The demonstration, with few epochs, as SLURM jobs."""

import pytest

pytestmark = pytest.mark.slurm

FEW = ("--config", "training={learning_rate: 1.0e-3, epochs: 2}")
# The rules that SLURM runs, and how many jobs they have.
JOBS = {
    "prepare_series": 1, "prepare_m4": 1, "prepare_classification": 1, "prepare_anomaly": 1,
    "floors_long_term_forecast": 1, "floors_short_term_forecast": 1, "floors_imputation": 1,
    "floors_classification": 1, "floors_anomaly_detection": 2,
    "train_long_term_forecast": 4, "train_short_term_forecast": 2, "train_imputation": 2,
    "train_classification": 4, "train_anomaly_detection": 3,
}  # fmt: skip


def test_the_demonstration_gives_the_numbers_of_a_local_run(demo, cluster):
    workspace, local = demo(), demo()
    workspace.snakemake(*FEW, SPECAR_SLURM_ACCOUNT="specar")

    submitted = workspace.submissions()
    assert {rule: list(found.values()) for rule, found in submitted.items()} == {
        rule: [number] for rule, number in JOBS.items()
    }
    ids = [number for found in submitted.values() for number in found]
    states = cluster.accounts(*ids)
    assert set(cluster.ask("sacct", "-X", "-n", "-o", "Account", "-j", ",".join(ids)).split()) == {"specar"}
    assert len(states) == sum(JOBS.values()) == 25
    assert {state for state, *_ in states.values()} == {"COMPLETED"}
    workspace.say(
        f"{len(states)} SLURM jobs in {len(ids)} submissions:",
        *(f"{rule} {found}" for rule, found in submitted.items()),
    )

    results = workspace.folder / "results" / "demo"
    assert len(list((results / "tables").glob("*.md"))) >= 5
    record = next((results / "runs").glob("imputation-*-paper-*/metrics.json"))
    name = record.relative_to(workspace.folder).as_posix()
    local.snakemake(name, *FEW, profile=local.LOCAL)
    assert workspace.numbers(record) == local.numbers(local.folder / name)
    workspace.say(f"the same numbers by SLURM and here: {workspace.numbers(record)['metrics']}")
