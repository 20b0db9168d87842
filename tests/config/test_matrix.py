"""The matrix, its runs and the authors' hyper-parameters."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from specar.config import RunConfig, cell_id, expand, load_config, parse_config, run_id
from specar.runs.store import plan_of_values, read_plan, write_plan

GOLDEN = Path(__file__).parents[1] / "golden"


def runs_of(**values):
    return list(expand(parse_config(values)).values())


def test_the_paper_in_full():
    config = load_config()
    assert len(config.datasets) == 30 + 1  # and one that joins four of them
    runs = expand(config)
    counts = Counter(run.task for run in runs.values() if config.models[run.key.model].is_specar)
    # datasets x settings x TOP x model x seeds
    assert counts == {
        "long_term_forecast": 9 * 4 * 2 * 2 * 3,
        "imputation": 6 * 4 * 2 * 2 * 3,
        "short_term_forecast": 6 * 2 * 2 * 3,
        "classification": 10 * 2 * 3,
        "anomaly_detection": 5 * 2 * 3,
    }
    rivals = Counter(run.task for run in runs.values() if not config.models[run.key.model].is_specar)
    # datasets x settings x models x seeds
    assert rivals == {
        "long_term_forecast": 9 * 4 * 4 * 3,
        "imputation": 6 * 4 * 4 * 3,
        "short_term_forecast": 6 * 4 * 3,
        "classification": 10 * (4 + 5) * 3,
        "anomaly_detection": 5 * 4 * 3,
    }
    assert len(runs) - len(expand(config, absent=["SWaT"])) == (2 + 4) * 3


def test_a_dataset_on_request_only_comes_in_by_name_or_in_place(tmp_path):
    values = {"matrix": [{"task": "anomaly_detection"}], "data": {"dir": str(tmp_path)}}
    assert "SWaT" not in plan_of_values(values).datasets
    assert plan_of_values(values).remarks["SWaT"].startswith("left out: ")
    named = {**values, "matrix": [{"task": "anomaly_detection", "datasets": ["SWaT"]}]}
    assert plan_of_values(named).datasets == ["SWaT"]
    for file in load_config().datasets["SWaT"].files:
        (tmp_path / "raw" / "SWaT").mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / "SWaT" / file.name).touch()
    assert "SWaT" in plan_of_values(values).datasets
    assert "SWaT" not in plan_of_values(values).remarks


OWN = {
    "title": "mine", "licence": "private", "source": "me", "folder": "mine", "files": [{"name": "mine.csv"}],
    "splits": {"train": 0.7, "val": 0.1, "test": 0.2}, "seasonality": 24,
}  # fmt: skip


def test_a_dataset_of_ones_own_needs_nothing_but_its_entry():
    config = parse_config({"datasets": {"Mine": OWN}, **AXES})
    own = [run for run in expand(config).values() if (run.dataset, run.key.model) == ("Mine", "specar")]
    assert [(run.task, run.setting) for run in own] == [
        *(("long_term_forecast", horizon) for horizon in (96, 192, 336, 720)),
        *(("imputation", ratio) for ratio in (0.125, 0.25, 0.375, 0.5)),
    ]
    # horizons of a generic experiment are free
    entry = {"task": "long_term_forecast", "datasets": ["Mine"], "horizons": [7]}
    assert [run.horizon for run in runs_of(datasets={"Mine": OWN}, matrix=[entry], **AXES)] == [7]


AXES = {"seeds": [1], "top": [False], "run_models": ["specar"]}


def test_every_task_resolves_what_it_uses():
    found = {(run.task, run.dataset): run for run in runs_of(**AXES)}
    m4 = found["short_term_forecast", "M4-Weekly"]
    assert (m4.seq_len, m4.horizon, m4.task_settings.history, m4.setting) == (26, 13, 10, None)
    assert found["classification", "Handwriting"].seq_len is None
    smd, msl = (found["anomaly_detection", name].task_settings for name in ("SMD", "MSL"))
    assert (smd.train_stride, smd.test_stride, smd.val_from, smd.anomaly_ratio) == (100, 100, "train", 0.5)
    assert (msl.train_stride, msl.test_stride, msl.val_from, msl.anomaly_ratio) == (1, 1, "test", 1)
    assert found["imputation", "ETTh1"].task_settings.model_dump(exclude_none=True) == {}
    strict = runs_of(**AXES, protocol="strict", matrix=[{"task": "anomaly_detection", "datasets": ["MSL"]}])
    assert strict[0].task_settings.test_stride == 100


def test_runs_share_a_cell_where_their_test_examples_are_the_same():
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]}
    runs = runs_of(matrix=[entry])
    assert len(runs) == 2 * 2 * 3
    assert len({cell_id(run.cell) for run in runs}) == 1
    (name,) = {cell_id(run.cell) for run in runs}
    assert name.startswith("imputation-ETTh1-0.25-published-")
    longer = runs_of(matrix=[entry], experiments={"imputation": {"ETTh1": {"seq_len": 48}}})
    assert cell_id(longer[0].cell) != name


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
        assert row["n_fft"] == row["win_len"]
        varied = {"long_term_forecast": "pred_len", "imputation": "mask_rate"}.get(row["task"])
        values = {name: row[column] for name, column in COLUMNS.items()}
        if row["seq_len"] != "dataset max":
            values["seq_len"] = row["seq_len"]
        if row["anomaly_ratio"]:
            values["anomaly_ratio"] = row["anomaly_ratio"]
        setting = float(row[varied]) if varied else None
        expected[row["task"], row["dataset"], setting] = values
    runs = runs_of(seeds=[1], top=[False], run_models=["specar-released"])
    runs = [run for run in runs if run.key.model == "specar-released"]  # the default matrix names rivals too
    assert len(runs) == len(expected) == 81
    for run in runs:
        own = {
            **run.model.settings.model_dump(),
            **run.training.model_dump(),
            **run.task_settings.model_dump(),
        }
        own["seq_len"] = run.seq_len
        for name, value in expected[run.task, run.dataset, run.setting].items():
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
    model = run.model.settings
    assert (model.d_ff, model.conv_layers, model.e_layers, model.d_model) == (5, 2, 3, 32)
    assert (run.training.epochs, run.training.batch_size) == (1, 32)


def test_experiments_of_the_configuration_are_merged_over_the_authors():
    run, *_ = runs_of(
        matrix=[{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.4]}],
        experiments={"imputation": {"ETTh1": {"mask_ratios": {"0.4": {"training": {"epochs": 3}}}}}},
    )
    assert (run.mask_ratio, run.training.epochs, run.model.settings.d_model) == (0.4, 3, 64)


def test_an_entry_has_its_own_axes():
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "seeds": [9], "top": [True],
             "models": ["specar-released"], "protocol": "strict"}  # fmt: skip
    (run,) = runs_of(matrix=[entry])
    assert (run.seed, run.model.top, run.key.model, run.protocol) == (9, True, "specar-released", "strict")


def test_the_architecture_decides_what_is_left_open():
    entry = {"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25], "seeds": [1], "top": [False]}
    paper, released = (run.model.settings for run in runs_of(matrix=[entry]))
    assert (paper.sides, paper.residual, paper.norm) == ("one", True, "block")
    assert (released.sides, released.residual, released.norm) == ("two", False, "shared")
    (two_sided, _) = runs_of(matrix=[{**entry, "model": {"sides": "two"}}])
    assert two_sided.model.settings.sides == "two"


ONE = {
    "matrix": [{"task": "imputation", "datasets": ["ETTh1"], "mask_ratios": [0.25]}],
    "seeds": [1], "top": [False], "run_models": ["specar"],
}  # fmt: skip


def test_the_run_id_is_readable_and_changes_with_every_setting():
    (run,) = runs_of(**ONE)
    assert run_id(run).startswith("imputation-ETTh1-0.25-specar-notop-published-seed1-")
    changes = [
        {"model": {"d_model": 8}}, {"training": {"learning_rate": 0.5}}, {"protocol": "strict"},
        {"seeds": [2]},
        {"top": [True]}, {"run_models": ["specar-released"]}, {"training": {"precision": "bf16"}},
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
    plan = plan_of_values(ONE)
    write_plan(plan, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan
