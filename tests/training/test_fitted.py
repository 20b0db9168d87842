"""Models that are fitted without epochs: the same record, from the same data and seed the same numbers."""

import json
import signal

import pytest

from specar.base.errors import Interrupted, SpecarError
from specar.config import Execution, expand, parse_config, run_id
from specar.models import build_model, spec_of
from specar.runs.records import read_record
from specar.runs.train import train

from ..conftest import config_values

EXECUTION = Execution(device="cpu", threads=1, keep_weights=True)
MATRIX = [{"task": "classification", "datasets": ["Small-TS"]}]
SMALL = {"rocket": {"kernels": 84}, "minirocket": {"kernels": 84}, "xgboost": {"trees": 5}}
LABELS = ["rocket", "xgboost"]  # numba would compile the others for up to a minute


def run_of(label, **changes):
    models = {label: {"settings": SMALL.get(label, {})}}
    values = {"matrix": MATRIX, "run_models": [label], "models": models, "model": {}, **changes}
    (run,) = expand(parse_config(config_values(**values))).values()
    return run


@pytest.mark.parametrize("label", LABELS)
def test_a_fitted_model_has_the_record_of_a_trained_one(prepared_folders, tmp_path, label):
    if label == "xgboost":
        pytest.importorskip("xgboost")
    run = run_of(label, protocol="strict" if label == "rocket" else "published")
    folder = prepared_folders / "Small-TS"
    records = [train(run, folder, tmp_path / name, EXECUTION) for name in ("a", "b")]
    assert records[0] == read_record(tmp_path / "a" / "metrics.json", run)
    first, second = ({key: one[key] for key in ("metrics", "details", "examples")} for one in records)
    assert json.dumps(first) == json.dumps(second)
    record = records[0]
    assert record["metrics"]["accuracy"] > 0.6  # three classes that differ in their rhythm
    assert record["training"] == {"epochs": 0, "best_epoch": 0, "fitted": True}
    assert record["history"] == []
    assert record["parameters"] == {"total": 0, "used": 0}
    source = record["provenance"]
    assert 0 < source["train_seconds"] < source["wall_seconds"]
    assert source["device"]["type"] == "cpu"
    assert source["peak_memory_bytes"] > 0
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"metrics.json", "examples.json"}
    assert train(run, folder, tmp_path / "a", EXECUTION)["sha256"] == record["sha256"]


@pytest.mark.parametrize(
    ("settings", "name", "parameters"),
    [
        ({"classifier": "rocket"}, "RocketClassifier", {"random_state": 5, "n_kernels": 10_000}),
        (
            {"classifier": "minirocket", "kernels": 840},
            "MiniRocketClassifier",
            {"random_state": 5, "n_kernels": 840},
        ),
        ({"classifier": "multirocket-hydra"}, "MultiRocketHydraClassifier", {"random_state": 5}),
        (
            {"classifier": "dtw", "window": 0.1},
            "KNeighborsTimeSeriesClassifier",
            {"distance": "dtw", "distance_params": {"window": 0.1}, "n_neighbors": 1},
        ),
    ],
)
def test_which_classifier_it_is(settings, name, parameters):
    spec = spec_of("fitted")
    made = spec.estimator(spec.settings(settings), None, 5)
    assert type(made).__name__ == name
    assert {"n_jobs": 1, **parameters}.items() <= made.get_params().items()


def test_training_settings_are_nothing_to_it():
    run, other = run_of("dtw"), run_of("dtw", training={"epochs": 7, "learning_rate": 1.0})
    assert run_id(run) == run_id(other)
    assert run_id(run) != run_id(run_of("dtw", seeds=[2]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classifier": "xgboost"}, r"models\.dtw is 1-nearest neighbour by DTW; give another model a label"),
        ({"kernels": 100}, "kernels does not apply to dtw"),
    ],
)
def test_settings_that_are_not_its_own_are_refused(settings, message):
    with pytest.raises(SpecarError, match=message):
        run_of("dtw", models={"dtw": {"settings": settings}})


def test_it_is_no_network_and_for_classification_alone():
    with pytest.raises(SpecarError, match="model 'fitted' is fitted, and is no network"):
        build_model("fitted", spec_of("fitted").settings({"classifier": "dtw"}), None)
    with pytest.raises(SpecarError, match="model dtw cannot do imputation"):
        run_of("dtw", matrix=[{"task": "imputation", "datasets": ["Small"], "models": ["dtw"]}])


def test_a_signal_ends_it_and_leaves_nothing(prepared_folders, tmp_path, monkeypatch):
    run = run_of("dtw")

    class Slow:
        def fit(self, series, classes):
            assert series.shape == (18, 2, 14)  # padded to the longest of both files
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("specar.models.fitted.estimator", lambda *_: Slow())
    spec_of.cache_clear()
    with pytest.raises(Interrupted, match="stopped by SIGTERM while its model was fitted; the same command"):
        train(run, prepared_folders / "Small-TS", tmp_path, EXECUTION)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "status.json"}
    spec_of.cache_clear()
