"""Configuration files: generated ones are in step, and every mistake is one clear line."""

from pathlib import Path

import pytest

from specar.base.errors import SpecarError
from specar.config import expand, load_config, parse_config
from specar.config.generate import default_yaml, registry_schema_json, schema_json
from specar.config.load import merge
from specar.config.tasks import TASK_INFO

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.yaml", default_yaml),
        ("config.schema.json", schema_json),
        ("registry.schema.json", registry_schema_json),
    ],
)
def test_generated_files_are_in_step(name, text):
    assert (CONFIG / name).read_text(encoding="utf-8") == text(), f"write config/{name} again: specar config"


def test_the_default_file_says_the_defaults():
    assert load_config(CONFIG / "config.yaml") == load_config() == parse_config({})


def test_the_demo_needs_no_network():
    config = load_config(CONFIG / "demo.yaml")
    runs = expand(config)
    folder = CONFIG.parent / config.data.mirror
    for run in runs.values():
        dataset = config.datasets[run.dataset]
        for file in dataset.used_files:
            path = folder / dataset.folder / file.name
            assert path.is_file() or path.with_name(f"{path.name}.gz").is_file()
    assert {run.task for run in runs.values()} == set(TASK_INFO)
    assert {run.model.top for run in runs.values()} == {False, True}


MISTAKES = [
    ({"matrx": []}, r"unknown key matrx \(did you mean matrix\?\)"),
    ({"execution": {"divice": "cpu"}}, r"unknown key execution.divice \(did you mean device\?\)"),
    ({"model": {"d_modell": 8}}, "unknown key model.d_modell"),
    (
        {"experiments": {"imputation": {"ETTh1": {"model": {"x": 1}}}}},
        r"unknown key experiments\.imputation\.ETTh1\.model\.x",
    ),
    ({"matrix": [{"task": "imputation", "datasets": ["ETTh9"]}]}, "unknown dataset 'ETTh9'; known: .*ETTh1"),
    (
        {"matrix": [{"task": "imputation", "datasets": ["MSL"]}]},
        "imputation needs a dataset of kind series; MSL is of kind anomaly",
    ),
    ({"matrix": [{"task": "classification", "top": [True]}]}, "classification has no TOP"),
    (
        {"matrix": [{"task": "imputation", "task_settings": {"history": 2}}]},
        "task_settings.history does not apply to imputation",
    ),
    (
        {"experiments": {"classification": {"ETTh1": {}}}},
        "experiments.classification.ETTh1: a dataset of kind series; classification needs classification",
    ),
    ({"datasets": {"SMD": {"machines": ["machine-9-9"]}}}, "datasets.SMD.*no train/machine-9-9.txt"),
    (
        {"datasets": {"X": {"format": "csvv"}}},
        r"datasets\.X\.format: 'csvv' is no format; known: csv, joined, m4, .*csv$",
    ),
    (
        {"datasets": {"SMD": {"format": None}}},
        r"datasets\.SMD\.format: null is no format; known: [a-z4_, ]*$",
    ),
    ({"datasets": {"Mine": None}}, r": datasets\.Mine: null is not a mapping of settings; [a-z ]*$"),
    (
        {"datasets": {"SMD": {"machine": ["a"]}}},
        r"unknown key datasets\.SMD\.machine \(did you mean machines\?\)$",
    ),
    ({"datasets": {"MSL": {"label_column": "x"}}}, r"unknown key datasets\.MSL\.label_column$"),
    ({"datasets": {"SMD": {"channels": 0}}}, r": datasets\.SMD\.channels: .*greater than or equal to 1"),
    (
        {"matrix": [{"task": "long_term_forecast", "datasets": ["ETTh1"], "horizons": [97]}]},
        r"horizons of long_term_forecast on ETTh1: 97 is not in its experiment \(known: 96, 192, 336, 720\)",
    ),
    ({"matrix": [{"task": "imputation", "mask_ratios": [1.2]}]}, "mask_ratios.0: .* less than 1, got 1.2"),
    ({"matrix": [{"task": "imputation", "mask_ratios": [0]}]}, "greater than 0, got 0"),
    ({"experiments": {"imputation": {"ETTh1": {"mask_ratios": {1.2: {}}}}}}, "less than 1, got 1.2"),
    ({"matrix": [{"task": "imputation", "horizons": [96]}]}, "horizons does not apply to imputation"),
    ({"matrix": [{"task": "imputatoin"}]}, "task: .*'imputation'.*, got 'imputatoin'"),
    ({"matrix": []}, "matrix: .*at least 1 item"),
    ({"matrix": [{"task": "imputation", "datasets": []}]}, "matrix.0.datasets: .*at least 1 item"),
    ({"matrix": [{"task": "imputation", "top": []}]}, "matrix.0.top: .*at least 1 item"),
    ({"matrix": [{"task": "imputation", "seeds": []}]}, "matrix.0.seeds: .*at least 1 item"),
    ({"model": {"top": True}}, "unknown key model.top"),
    (
        {"matrix": [{"task": "imputation", "model": {"architecture": "released"}}]},
        "unknown key .*architecture",
    ),
    (
        {"experiments": {"imputation": {"Nope": {"mask_ratios": {0.5: {}}}}}},
        "imputation.Nope: unknown dataset",
    ),
    ({"experiments": {"imputation": {"ILI": {}}}}, "experiments.imputation.ILI: needs mask_ratios"),
    (
        {"experiments": {"imputation": {"ETTh1": {"horizons": {96: {}}}}}},
        "experiments.imputation.ETTh1: horizons does not apply to imputation",
    ),
    ({"experiments": {"imputation": {"ETTh1": {"training": {"epochs": 0}}}}}, "ETTh1.training.epochs"),
    ({"seeds": [True]}, "seeds: true and false .* are no value for it"),
    ({"results": ""}, "results: a folder name must not be empty"),
    ({"results": "res{x}"}, "nor contain braces"),
    ({"seeds": [-1]}, "seeds.0: .*greater than or equal to 0"),
    ({"model": {"d_model": 0}}, "model.d_model: .*greater than or equal to 1"),
    ({"model": {"window": "kaiser"}}, "model.window: Input should be 'hanning', .*got 'kaiser'"),
    ({"model": {"window_length": 8, "n_fft": 4}}, "n_fft 4 is shorter than window_length 8"),
    ({"model": {"dilations": [1, 2]}}, "dilations needs 6 values"),
    ({"training": {"learning_rate": float("nan")}}, "training.learning_rate: .*finite number"),
    ({"execution": {"device": "gpu"}}, "execution.device"),
    ({"datasets": {"../x": {}}}, "datasets.../x"),
    (
        {"matrix": [{"task": "imputation"}, {"task": "imputation", "model": {"d_model": 8}}]},
        "differ only in settings that tables do not show",
    ),
]


@pytest.mark.parametrize(("values", "message"), MISTAKES)
def test_a_mistake_is_one_clear_line(values, message):
    with pytest.raises(SpecarError, match=message) as caught:
        expand(parse_config(values))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds: [1]\nseeds: [2]", "line 2: seeds is given twice"),
        ("matrix: [", "is not valid YAML"),
        ("- 1", "must be a mapping of settings, not a list"),
        (None, "cannot read config"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, text, message):
    path = tmp_path / "config.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SpecarError, match=message) as caught:
        load_config(path)
    assert "\n" not in str(caught.value)


def test_an_empty_file_is_the_paper_in_full(tmp_path):
    (tmp_path / "config.yaml").touch()
    assert load_config(tmp_path / "config.yaml") == load_config()


def test_later_files_win_and_lists_are_replaced(tmp_path):
    (tmp_path / "a.yaml").write_text("seeds: [1, 2]\nexecution: {device: cpu, threads: 7}\n")
    (tmp_path / "b.yaml").write_text("seeds: [5]\nexecution: {device: auto}\n")
    config = load_config(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert (config.seeds, config.execution.device, config.execution.threads) == ([5], "auto", 7)


def test_keys_that_read_the_same_are_the_same():
    # A configuration that went through JSON has text for keys.
    merged = merge({0.25: {"a": 1}, 96: {"b": 2}}, {"0.25": {"c": 3}, "96": {"b": 4}, "x": 5})
    assert merged == {0.25: {"a": 1, "c": 3}, 96: {"b": 4}, "x": 5}


def test_values_of_a_command_line_are_text():
    config = parse_config({"seeds": ["1", "2"], "top": ["false"], "training": {"epochs": "3"}})
    assert (config.seeds, config.top, config.training.epochs) == ([1, 2], [False], 3)
