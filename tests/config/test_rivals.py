"""The rivals' hyper-parameters: on every dataset, and kept apart from those of SpecAR-Net."""

import copy
from pathlib import Path

import pytest

from specar.base.errors import SpecarError
from specar.config import expand, load_config, parse_config, run_id
from specar.config.schema import ANY, CHEAP_CLASSIFIERS, CHEAP_NETWORKS, builtin
from specar.models import spec_of

RIVALS = [label for label, one in builtin("models").items() if one["module"] not in ("specar", "fitted")]
FITS = {"learning_rate", "batch_size", "epochs", "patience", "schedule"}


def runs_of(*labels, **values):
    matrix = [{"task": task} for task in builtin("experiments")]
    fixed = {"matrix": matrix, "run_models": labels, "seeds": [1], "top": [False]}
    return list(expand(parse_config({**fixed, **values})).values())


def experiments_of_specar(**training):
    """The experiments, with other training in all that they say of no model."""
    values = copy.deepcopy(builtin("experiments"))
    for experiments in values.values():
        for one in experiments.values():
            for part in (one, *one.get("horizons", {}).values()):
                part["training"] = {**part.get("training", {}), **training}
    return values


def test_a_second_setting_of_a_rival_starts_from_its_experiments():
    wide = {"module": "timesnet", "settings": {"d_ff": 7}, "training": {"epochs": 3}}
    for first, second in zip(runs_of("timesnet"), runs_of("wide", models={"wide": wide}), strict=True):
        assert second.model.settings == first.model.settings.model_copy(update={"d_ff": 7})
        assert second.training == first.training.model_copy(update={"epochs": 3})


@pytest.mark.parametrize("label", RIVALS)
def test_a_rival_is_set_on_every_dataset(label):
    runs = runs_of(label)
    tasks = {run.task for run in runs}
    assert tasks == (spec_of(builtin("models")[label]["module"]).tasks or set(builtin("experiments")))
    kept = {run.task for run in runs if run.training.schedule == "constant"}
    assert kept == ({"long_term_forecast"} if label in ("dlinear", "lightts") else set())
    for task in tasks:
        assert builtin("experiments")[task][ANY]["models"][label]["training"].keys() >= FITS


def test_nothing_of_specar_net_reaches_the_rivals():
    some = ("Exchange", "M4-Weekly", "ETTh1", "Heartbeat", "MSL")
    matrix = [
        {"task": task, "datasets": [name]} for task, name in zip(builtin("experiments"), some, strict=True)
    ]
    others = experiments_of_specar(learning_rate=7, batch_size=7, epochs=7, patience=7, schedule="constant")
    found = [runs_of(*RIVALS, matrix=matrix, experiments=said) for said in ({}, others)]
    assert list(map(run_id, found[0])) == list(map(run_id, found[1]))


def test_nothing_of_the_rivals_reaches_specar_net():
    without = {
        task: {
            name: {"models": {key: {"training": {"epochs": 77}} for key in RIVALS}} for name in experiments
        }
        for task, experiments in builtin("experiments").items()
    }
    labels = ["specar", "specar-released"]
    assert list(map(run_id, runs_of(*labels))) == list(map(run_id, runs_of(*labels, experiments=without)))


@pytest.mark.parametrize(
    ("place", "epochs", "settings"),
    [
        (("long_term_forecast", "ETTm1", 336, "timesnet"), 3, {"d_model": 16, "d_ff": 32, "e_layers": 2}),
        (("long_term_forecast", "ETTm1", 96, "timesnet"), 10, {"d_model": 64, "d_ff": 64, "top_k": 5}),
        (("long_term_forecast", "ILI", 60, "nonstationary"), 10, {"d_model": 512, "p_hidden_dims": [8, 8]}),
        (("imputation", "ETTh2", None, "timesnet"), 10, {"d_model": 32, "top_k": 3, "num_kernels": 6}),
        (("classification", "Heartbeat", None, "pyraformer"), 100, {"d_model": 128, "d_ff": 256}),
        (("anomaly_detection", "SWaT", None, "timesnet"), 3, {"d_model": 64, "e_layers": 2}),  # the last call
    ],
)
def test_hyper_parameters_are_those_of_the_scripts(place, epochs, settings):
    task, name, horizon, label = place
    entry = {"task": task, "datasets": [name], **({"horizons": [horizon]} if horizon else {})}
    run = runs_of(label, matrix=[entry])[0]
    assert run.training.epochs == epochs
    assert settings.items() <= run.model.settings.model_dump().items()


def test_what_is_said_of_a_model_per_dataset_and_horizon_comes_over_what_is_said_of_any():
    entry = {"task": "long_term_forecast", "datasets": ["ETTh1", "ETTh2"], "horizons": [96, 336]}
    own = {"training": {"epochs": 2}, "horizons": {336: {"settings": {"moving_avg": 5}}}}
    values = {"long_term_forecast": {"ETTh1": {"models": {"dlinear": own}}}}
    found = [
        (run.training.epochs, run.model.settings.moving_avg)
        for run in runs_of("dlinear", experiments=values, matrix=[entry])
    ]
    assert found == [(2, 25), (2, 5), (10, 25), (10, 25)]
    own["horizons"] = {100: {}}
    with pytest.raises(SpecarError, match=r"ETTh1: models\.dlinear: horizon 100 is not in the experiment"):
        runs_of("dlinear", experiments=values)


def test_the_default_matrix_has_the_cheap_ones_and_a_file_all():
    config = Path(__file__).parents[2] / "config"
    some, every = (expand(load_config(config / name)) for name in ("config.yaml", "rivals.yaml"))
    assert some.keys() < every.keys()
    labels = [{run.key.model for run in runs.values()} for runs in (some, every)]
    assert labels == [
        {"specar", "specar-released", *CHEAP_NETWORKS, *CHEAP_CLASSIFIERS},
        set(builtin("models")),
    ]
