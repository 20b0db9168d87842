"""One model on several series: windows, metrics per part, and a run from the files to its record."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import mean_absolute_error, mean_squared_error
from torch import nn

from specar.base.errors import SpecarError
from specar.cli import main
from specar.config import expand, parse_config
from specar.data.prepare import prepare
from specar.data.prepared import PreparedData
from specar.models.base import ModelOutput
from specar.tasks import make_task

CPU = torch.device("cpu")
S, H = 12, 4
# rows and seasons of the parts; ends of train, val and test are 70, 80 and 100 %
PARTS = {"Long": (200, 24), "Short": (100, 7)}
ENDS = {"Long": (140, 160, 200), "Short": (70, 80, 100)}
OFFSETS = {"Long": 0, "Short": 200}


def write(folder):
    for number, (name, (rows, _)) in enumerate(PARTS.items()):
        random = np.random.default_rng(number)
        values = np.sin(np.arange(rows)[:, None] / (3 + number) + np.arange(2)) * 10**number
        frame = pd.DataFrame(values + 0.2 * random.normal(size=(rows, 2)), columns=["a", "b"])
        frame.insert(0, "date", pd.date_range("2020-01-01", periods=rows, freq="h").astype(str))
        (folder / name.lower()).mkdir(parents=True)
        frame.to_csv(folder / name.lower() / "series.csv", index=False)


def config_values(**changes):
    described = {"licence": "none", "source": "made by the tests", "files": [{"name": "series.csv"}]}
    splits = {"train": 0.7, "val": 0.1, "test": 0.2}
    datasets = {
        name: {"title": name, "folder": name.lower(), "splits": splits, "seasonality": season, **described}
        for name, (_, season) in PARTS.items()
    }
    return {
        "seeds": [1], "top": [False], "run_models": ["specar"],
        "execution": {"device": "cpu", "threads": 1},
        "data": {"mirror": "mirror"},
        "datasets": {**datasets, "Both": {"format": "joined", "title": "both", "parts": list(PARTS)}},
        "experiments": {
            "long_term_forecast": {name: {"seq_len": S, "horizons": {H: {}}} for name in ("Both", *PARTS)},
            "imputation": {name: {"seq_len": S, "mask_ratios": {0.25: {}}} for name in ("Both", *PARTS)},
        },
        "matrix": [{"task": task, "datasets": ["Both"]} for task in ("long_term_forecast", "imputation")],
        "model": {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 2, "window_length": 4},
        "training": {"epochs": 2, "batch_size": 16},
        **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Prepared data of the joined dataset and of its parts."""
    folder = tmp_path_factory.mktemp("joined")
    write(folder / "raw")
    for name in PARTS:
        (folder / "raw" / name).symlink_to(folder / "raw" / name.lower())
    for name in ("Both", *PARTS):
        prepare(name, parse_config(config_values()).datasets[name], folder / "raw" / name, folder / name)
    return folder


@pytest.fixture
def make(folders):
    """Return a function that builds a task on the joined dataset or one of its parts."""

    def build(name, dataset="Both", size=256, **changes):
        matrix = [{"task": name, "datasets": [dataset]}]
        (run,) = expand(parse_config(config_values(matrix=matrix, **changes))).values()
        return make_task(run, PreparedData.load(folders / dataset), CPU, size, run.seed)

    return build


class Fixed(nn.Module):
    """Predicts from the input with a given function."""

    def __init__(self, predict):
        super().__init__()
        self.predict = predict

    def forward(self, x, time_features=None, observed_mask=None, padding_mask=None):
        return ModelOutput(self.predict(x), None)


@pytest.mark.parametrize(("name", "horizon"), [("long_term_forecast", H), ("imputation", 0)])
def test_windows_never_cross_parts_or_splits(make, name, horizon):
    task = make(name)
    for index, split in enumerate(("train", "val", "test")):
        expected = []
        for part, ends in ENDS.items():
            start = ends[index - 1] - S if index else 0
            rows = range(start, ends[index] - S - horizon + 1)
            expected += [OFFSETS[part] + row for row in rows]
        assert task.windows.first_rows(split).tolist() == expected
        assert task.count(split) == len(expected)
    assert task.train_rows.tolist() == task.windows.first_rows("train").tolist()
    first = torch.tensor([0, 188, 200, 284])
    assert task.windows.part_of(first).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("name", ["long_term_forecast", "imputation"])
def test_training_draws_the_windows_of_every_part(make, name):
    task, alone = make(name), [make(name, part) for part in PARTS]
    windows = [task.windows.inputs(task.train_rows), *(own.windows.inputs(own.train_rows) for own in alone)]
    assert torch.equal(windows[0], torch.cat(windows[1:]))
    features = [own.windows.features(own.train_rows) for own in (task, *alone)]
    assert torch.equal(features[0], torch.cat(features[1:]))


def test_forecast_metrics_of_each_part_are_those_of_the_part_alone(make):
    model = Fixed(lambda x: x[:, -H:] * 0.5)
    whole = make("long_term_forecast").test(model)
    alone = {name: make("long_term_forecast", name).test(model) for name in PARTS}
    assert list(whole.parts) == list(PARTS)
    for name, evaluation in alone.items():
        assert evaluation.parts == {}
        assert whole.parts[name] == evaluation.metrics
    counts = {"Long": 40 - H + 1, "Short": 20 - H + 1}
    for metric, value in whole.metrics.items():
        weighted = sum(counts[name] * alone[name].metrics[metric] for name in PARTS)
        assert value == pytest.approx(weighted / sum(counts.values()), rel=1e-9)


@pytest.mark.parametrize("size", [7, 256])
def test_imputation_metrics_of_each_part_by_hand(make, size):
    task = make("imputation", size=size)
    evaluation = task.test(Fixed(lambda x: x * 0))
    x, hidden = task.windows.inputs(task.windows.first_rows("test")), ~task.observed_masks("test", 0)
    count = 40 + 1  # of Long: 40 rows and 12 to look back on
    for part, rows in (("Long", slice(None, count)), ("Short", slice(count, None))):
        values = x[rows][hidden[rows]].numpy()
        zeros = np.zeros_like(values)
        assert evaluation.parts[part]["mse"] == pytest.approx(mean_squared_error(values, zeros), rel=1e-5)
        assert evaluation.parts[part]["mae"] == pytest.approx(mean_absolute_error(values, zeros), rel=1e-5)
    assert evaluation.metrics["mse"] == pytest.approx(x[hidden].square().mean().item(), rel=1e-5)


@pytest.mark.parametrize("name", ["long_term_forecast", "imputation"])
def test_floors_have_parts_too(make, name):
    floors = make(name).floors()
    if name == "long_term_forecast":  # no masks: the same as alone, with the season of each part
        alone = {part: make(name, part).floors() for part in PARTS}
        for baseline, floor in floors.items():
            assert floor.parts == {part: own[baseline].metrics for part, own in alone.items()}
    for floor in floors.values():
        assert list(floor.parts) == list(PARTS)


def test_a_season_before_the_first_row_of_a_part_does_not_reach_into_the_one_before(make):
    task = make("long_term_forecast")
    forecast = task._seasonal_naive(torch.tensor([0, 200]))
    long, short = (part.values for part in task.windows.parts)
    assert np.array_equal(forecast[0].numpy(), long[[0] * H])  # 24 rows back from row 12: before the start
    assert np.array_equal(forecast[1].numpy(), short[5:9])  # 7 rows back
    object.__setattr__(task.windows.parts[1], "seasonality", 50)
    assert np.array_equal(task._seasonal_naive(torch.tensor([200]))[0].numpy(), short[[0] * H])


def test_a_part_without_a_window_is_refused(make):
    experiments = {"long_term_forecast": {"Both": {"seq_len": S, "horizons": {15: {}}}}}
    with pytest.raises(SpecarError, match=r"Short has no val window of 12 \+ 15 rows"):
        make("long_term_forecast", experiments=experiments).count("val")


def test_from_files_to_records(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPECAR_MIRROR", raising=False)
    write(tmp_path / "mirror")
    (tmp_path / "config.json").write_text(json.dumps(config_values()))
    config = ["--config", "config.json"]
    for command in (["fetch"], ["prepare"], ["floors"]):
        assert main([*command, *config]) == 0
    names = list(expand(parse_config(config_values())))
    for name in names:
        assert main(["train", name, *config]) == 0
        record = json.loads((tmp_path / "results" / "runs" / name / "metrics.json").read_text())
        assert record["dataset"] == "Both"
        assert list(record["parts"]) == list(PARTS)
        for metric, value in record["metrics"].items():
            parts = [own[metric] for own in record["parts"].values()]
            assert min(parts) <= value <= max(parts)
    floors = [json.loads(path.read_text()) for path in (tmp_path / "results").glob("floors/*/*.json")]
    assert len(floors) == 4
    assert all(set(floor["parts"]) == set(PARTS) for floor in floors)
    assert json.loads((tmp_path / "results" / "data" / "raw" / "Both.json").read_text()).keys() == {
        "Long/series.csv", "Short/series.csv",
    }  # fmt: skip
    assert main(["tables", *config]) == 0
    capsys.readouterr()
    assert main(["show", *config]) == 0
    assert "Both" in capsys.readouterr().out
