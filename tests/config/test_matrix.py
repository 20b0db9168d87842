"""The matrix, its runs and the authors' hyper-parameters."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from specar.config import RunConfig, expand, load_config, parse_config, run_id
from specar.plan import Plan

GOLDEN = Path(__file__).parents[1] / "golden"


def runs_of(**values):
    return list(expand(parse_config(values)).values())


def test_the_paper_in_full():
    runs = expand(load_config())
    # (9 datasets x 4 horizons + 6 datasets x 4 mask ratios) x TOP x architecture x seeds
    assert len(runs) == (36 + 24) * 2 * 2 * 3
    counts = Counter((run.task, run.dataset) for run in runs.values())
    assert set(counts.values()) == {4 * 2 * 2 * 3}


AUTHORS = list(csv.DictReader((GOLDEN / "hyperparameters.csv").open(encoding="utf-8")))
COLUMNS = {
    "d_model": "d_model", "d_ff": "d_ff", "e_layers": "e_layers", "conv_layers": "conv_layers",
    "window": "win_func", "window_length": "win_len", "hop_length": "hop_length", "dropout": "dropout",
    "learning_rate": "learning_rate", "batch_size": "batch_size", "epochs": "train_epochs",
    "patience": "patience",
}  # fmt: skip


def test_hyper_parameters_are_the_authors():
    expected = {}
    for row in AUTHORS:
        if row["task"] in ("long_term_forecast", "imputation"):
            assert row["n_fft"] == row["win_len"]
            setting = row["pred_len"] if row["task"] == "long_term_forecast" else row["mask_rate"]
            values = {name: row[column] for name, column in COLUMNS.items()}
            expected[row["task"], row["dataset"], float(setting)] = {**values, "seq_len": row["seq_len"]}
    runs = runs_of(seeds=[1], top=[False], architectures=["released"])
    assert len(runs) == len(expected) == 60
    for run in runs:
        own = {**run.model.model_dump(), **run.training.model_dump(), "seq_len": run.seq_len}
        for name, value in expected[run.task, run.dataset, float(run.setting)].items():
            same = own[name] == value if name == "window" else float(own[name]) == float(value)
            assert same, (run.task, run.dataset, run.setting, name)


def test_overrides_come_over_the_experiment_and_the_entry_last():
    run, *_ = runs_of(
        matrix=[
            {"task": "long_term_forecast", "datasets": ["ETTh2"], "horizons": [192], "model": {"d_ff": 5}}
        ],
        model={"d_ff": 4, "conv_layers": 2},
        training={"epochs": 1},
    )
    model = run.model
    assert (model.d_ff, model.conv_layers, model.e_layers, model.d_model) == (5, 2, 3, 32)
    assert (run.training.epochs, run.training.batch_size) == (1, 32)


def test_experiments_of_the_configuration_are_merged_over_the_authors():
    run, *_ = runs_of(
        matrix=[{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.4]}],
        experiments={"imputation": {"ETTh1": {"mask_ratios": {"0.4": {"training": {"epochs": 3}}}}}},
    )
    assert (run.mask_ratio, run.training.epochs, run.model.d_model) == (0.4, 3, 64)


def test_an_entry_has_its_own_axes():
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "seeds": [9], "top": [True],
             "architectures": ["released"], "protocol": "strict"}  # fmt: skip
    (run,) = runs_of(matrix=[entry])
    assert (run.seed, run.model.top, run.model.architecture, run.protocol) == (9, True, "released", "strict")


def test_the_architecture_decides_what_is_left_open():
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "seeds": [1], "top": [False]}
    paper, released = runs_of(matrix=[entry])
    assert (paper.model.sides, paper.model.residual, paper.model.norm) == ("one", True, "block")
    assert (released.model.sides, released.model.residual, released.model.norm) == ("two", False, "shared")
    (two_sided, _) = runs_of(matrix=[{**entry, "model": {"sides": "two"}}])
    assert two_sided.model.sides == "two"


ONE = {
    "matrix": [{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]}],
    "seeds": [1], "top": [False], "architectures": ["paper"],
}  # fmt: skip


def test_the_run_id_is_readable_and_changes_with_every_setting():
    (run,) = runs_of(**ONE)
    assert run_id(run).startswith("imputation-ETTh1-0.25-paper-notop-published-seed1-")
    changes = [
        {"model": {"d_model": 8}}, {"training": {"learning_rate": 0.5}}, {"protocol": "strict"},
        {"seeds": [2]},
        {"top": [True]}, {"architectures": ["released"]}, {"training": {"precision": "bf16"}},
        {"datasets": {"ETTh1": {"splits": {"train": 8000}}}},
        {"experiments": {"imputation": {"ETTh1": {"seq_len": 48}}}},
    ]  # fmt: skip
    names = {run_id(runs_of(**{**ONE, **change})[0]) for change in changes}
    assert len(names | {run_id(run)}) == len(changes) + 1


@pytest.mark.parametrize(
    "change",
    [
        {"execution": {"device": "cpu", "threads": 7}},
        {"results": "elsewhere"},
        {"data": {"mirror": "/somewhere"}},
        {"datasets": {"ETTh1": {"title": "renamed"}}},
    ],
)
def test_the_run_id_ignores_how_and_where(change):
    assert run_id(runs_of(**ONE)[0]) == run_id(runs_of(**{**ONE, **change})[0])


def test_a_run_survives_its_way_through_json():
    for run in runs_of(seeds=[1]):
        assert run_id(RunConfig.model_validate(json.loads(run.model_dump_json()))) == run_id(run)


def test_a_plan_survives_its_way_through_a_file(tmp_path):
    plan = Plan.of(ONE)
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan
