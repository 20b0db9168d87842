"""Ablations through Snakemake: a target trains its own runs, once, and writes its tables."""

import pandas as pd


def test_a_target_trains_its_runs_and_shares_those_of_the_matrix(workspace):
    entry = {"task": "imputation", "datasets": ["Small"]}
    levels = {"one": {"model": {"conv_layers": 1}}, "two": {"model": {"conv_layers": 2}}}
    depth = {"title": "Branches", "question": "How many?", "entries": [entry], "levels": levels}
    workspace.configure(matrix=[entry], ablations={"mine": depth}, run_ablations=["mine"])
    workspace.snakemake("ablation_mine")
    assert len(workspace.records()) == 2
    table = pd.read_csv(workspace.folder / "results/ablations/mine.csv")
    assert set(table["state"]) == {"done"}
    assert table[table["metric"] == "mse"]["ours"].nunique() == 2
    planned = workspace.snakemake("-n", "tables", "ablations")
    assert "write_imputation" in planned.stdout
    assert "train_imputation" not in planned.stdout
    assert "ablations" in workspace.specar("status", "--config", "config.yaml").stdout
