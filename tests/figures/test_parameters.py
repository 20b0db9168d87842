"""Figure 4: numbers of parameters, where they come from, and what is said of those that nobody knows."""

import json

import pytest

from specar.data.meta import META
from specar.figures import parameters
from specar.figures.parameters_data import points_of
from specar.models import build_model
from specar.models.shape import SeriesShape
from specar.paper.published import printed_datasets
from specar.results.ledger import ledger_of
from specar.results.parameters import built_parameters, parameters_of

from .looks import check_tidy, words

VALUES = {
    "seeds": [1],
    "run_models": ["specar"],
    "matrix": [
        {"task": "long_term_forecast", "datasets": ["ETTh1", "Exchange"]},
        {"task": "classification", "datasets": ["Heartbeat"]},
    ],
}


def counted(model):
    return sum(weights.numel() for weights in model.parameters())


def test_built_models_have_the_parameters_of_real_ones(plan, tmp_path):
    made = plan({**VALUES, "data": {"dir": str(tmp_path / "data")}}, lambda run: False)
    forecast = next(run for run in made.runs.values() if run.dataset == "Exchange" and run.horizon == 96)
    assert built_parameters(made, forecast) == counted(
        build_model("specar", forecast.model.settings, SeriesShape(8, 96, 96))
    )
    heartbeat = next(run for run in made.runs.values() if run.dataset == "Heartbeat")
    assert built_parameters(made, heartbeat) is None  # its length is not known
    meta = made.prepared / "Heartbeat" / META
    meta.parent.mkdir(parents=True)
    content = {"channels": 61, "classes": ["a", "b"], "train": {"longest": 30}, "test": {"longest": 40}}
    meta.write_text(json.dumps(content))
    real = build_model("specar", heartbeat.model.settings, SeriesShape(61, 40, time_features=0, classes=2))
    assert built_parameters(made, heartbeat) == counted(real)


def test_records_come_first(plan):
    made = plan(VALUES, lambda run: run.dataset == "Heartbeat")
    (row,) = parameters_of(made, "classification").to_dict("records")
    d_model = next(run.model.settings.d_model for run in made.runs.values() if run.dataset == "Heartbeat")
    assert (row["total"], row["used"]) == (1000 + 10 * d_model, 900 + 10 * d_model)
    assert parameters_of(made, "long_term_forecast")["used"].isna().all()


def test_points(plan):
    made = plan(VALUES, lambda run: run.dataset == "ETTh1" and run.horizon in (96, 192))
    found = points_of(ledger_of(made), "long_term_forecast", "mse")
    points, means = found.points, found.means
    assert {(one.name, one.top, one.own) for one in points} == {
        *(("ETTh1 96, 192", top, True) for top in (False, True)),
        *(("Exchange", top, False) for top in (False, True)),
    }
    (exchange,) = [one for one in points if one.name == "Exchange" and not one.top]
    assert exchange.value == pytest.approx(0.412, abs=0.001)  # the mean of appendix Table 9
    assert means == []  # seven sets are not in the plan


def test_a_fitted_model_without_parameters_has_no_point(plan, monkeypatch):
    made = plan(VALUES, lambda run: run.dataset == "Heartbeat")
    counts = parameters_of(made, "classification").assign(total=0.0)
    monkeypatch.setattr("specar.figures.parameters_data.parameters_of", lambda *_: counts)
    assert points_of(ledger_of(made), "classification", "accuracy").points == []


def test_mean_over_all_sets(plan):
    values = {"seeds": [1], "run_models": ["specar"], "matrix": [{"task": "classification"}]}
    (mean,) = points_of(ledger_of(plan(values)), "classification", "accuracy").means
    assert mean.own
    assert mean.value == pytest.approx(74.7, abs=1.5)
    assert mean.lowest <= mean.total <= mean.highest


def test_a_mean_over_some_horizons_is_none_over_a_dataset(plan):
    sets = {24: ["ILI"], 96: [name for name in printed_datasets("long_term_forecast") if name != "ILI"]}
    matrix = [{"task": "long_term_forecast", "datasets": of, "horizons": [h]} for h, of in sets.items()]
    made = plan({"seeds": [1], "run_models": ["specar"], "top": [False], "matrix": matrix}, lambda run: False)
    found = points_of(ledger_of(made), "long_term_forecast", "mse")
    assert {point.name for point in found.points} >= {"ETTh1 96", "Exchange 96"}
    assert found.means == []


@pytest.mark.parametrize("done", [True, False])
def test_drawn(done, plan, drawn):
    made = drawn(parameters, plan(VALUES, lambda run: done and run.horizon != 720))
    text = words(made.figure)
    assert (
        "The paper prints neither the numbers of this figure nor a number of parameters of any model" in text
    )
    assert f"Long-term forecasting: parameters known for 2 of 9 sets; runs of ours on {2 * done}." in text
    assert f"Classification on UEA: parameters known for {int(done)} of 10 sets" in text
    assert len(made.figure.axes) == 2  # no model has all sets: no means
    check_tidy(made.figure)


def test_a_plan_without_the_task(plan, drawn):
    made = plan({**VALUES, "matrix": [{"task": "imputation", "datasets": ["ETTh1"]}]}, lambda run: False)
    found = points_of(ledger_of(made), "classification", "accuracy")
    assert (found.points, found.means, found.known, found.problems) == ([], [], {}, {})
    assert drawn(parameters, made).alt
