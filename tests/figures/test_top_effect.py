"""What TOP changes: the differences, their intervals, and what is said of what is missing."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from specar.figures import top_effect
from specar.paper.sources import SOURCES
from specar.results.effects import own_effects, published_effect, published_settings, t_half

from .conftest import M4
from .looks import check_tidy, words


def run(setting=96, seed=1, task="long_term_forecast", dataset="ETTh1", top=False):
    """A row of the runs of a ledger, without a result."""
    names = {"task": task, "dataset": dataset, "setting": str(setting), "model": "specar", "top": top}
    return {**names, "protocol": "published", "seed": seed, "run_id": f"{names}{seed}", "failed": False}


def results(of, values, weight=1.0):
    floors = {
        "floor_naive2": 1.0,
        "floor_last_value": 1.0,
        "floor_seasonal_naive": 1.0,
        "floor_weight": weight,
    }
    return [
        {**of, "metric": metric, "value": value, "weight": weight, **floors}
        for metric, value in values.items()
    ]


def effects(matrix, rows, task="long_term_forecast", metric="mse"):
    """Effects of the runs of ``matrix``, of which those of ``rows`` have results."""
    done = {of[0]["run_id"] for of in rows}
    missing = [row for of in matrix if of["run_id"] not in done for row in results(of, {metric: np.nan})]
    return own_effects(task, pd.DataFrame([row for of in rows for row in of] + missing), metric)


def pairs(values, horizons=(96, 192)):
    """Runs with and without TOP from {(horizon, seed): (without, with)}."""
    axes = itertools.product(horizons, (1, 2, 3), (False, True))
    matrix = [run(horizon, seed, top=top) for horizon, seed, top in axes]
    done = [of for of in matrix if (int(of["setting"]), of["seed"]) in values]
    return matrix, [results(of, {"mse": values[int(of["setting"]), of["seed"]][of["top"]]}) for of in done]


def test_settings_are_averaged_before_the_difference():
    (effect,) = effects(*pairs({(96, 1): (1.0, 1.1), (192, 1): (3.0, 2.5)}))
    assert effect.settings == ("96", "192")
    assert (effect.seeds, effect.half) == (1, None)
    assert effect.mean == pytest.approx(100 * (3.6 - 4.0) / 4.0)


def test_the_interval_is_that_of_a_paired_t_test():
    without, with_top = np.array([1.0, 1.2, 0.9]), np.array([0.95, 1.1, 0.91])
    values = {(96, seed): (a, b) for seed, a, b in zip((1, 2, 3), without, with_top, strict=True)}
    (effect,) = effects(*pairs(values))
    interval = stats.ttest_1samp(100 * (with_top / without - 1), 0).confidence_interval(0.95)
    assert effect.seeds == 3
    assert effect.mean - effect.half == pytest.approx(interval.low)
    assert effect.mean + effect.half == pytest.approx(interval.high)


def test_a_single_value_has_no_interval():
    assert t_half(np.array([1.0]), 0.95) is None


def test_seeds_without_all_settings_do_not_count():
    values = {(96, 1): (1.0, 1.1), (192, 1): (1.0, 1.1), (96, 2): (1.0, 9.0)}
    (effect,) = effects(*pairs(values))
    assert (effect.seeds, effect.mean) == (1, pytest.approx(10.0))


def test_a_run_without_its_twin_is_no_effect():
    matrix, rows = pairs({(96, 1): (1.0, 1.1)})
    assert effects(matrix, rows[:1]) == []
    assert effects(matrix, []) == []


def test_averages_of_m4_are_weighted():
    task, names = "short_term_forecast", [*SOURCES["short_term_forecast"].aggregates["Others"]]
    matrix = [run("", task=task, dataset=name, top=top) for name in names for top in (False, True)]
    values = {"M4-Weekly": 1.2, "M4-Daily": 0.9, "M4-Hourly": 1.0}
    rows = []
    for of in matrix:
        weight = M4[of["dataset"].removeprefix("M4-")]
        value = 10 * (values[of["dataset"]] if of["top"] else 1)
        rows.append(results(of, {"smape": value, "mase": value, "owa": 1}, weight))
    found = {effect.dataset: effect.mean for effect in effects(matrix, rows, task, "smape")}
    expected = 100 * (0.2 * 359 - 0.1 * 4227) / (359 + 4227 + 414)
    assert found["Others"] == pytest.approx(expected)
    assert found["M4-Weekly"] == pytest.approx(20)
    assert "Average" not in found  # Yearly and others are not done


def test_published_effects():
    # appendix Tables 9 and 10: Exchange 96, MSE 0.130 and 0.109
    assert published_effect("long_term_forecast", "Exchange", ["96"], "mse") == pytest.approx(
        100 * (0.109 - 0.130) / 0.130
    )
    assert published_effect("long_term_forecast", "Exchange", ["97"], "mse") is None
    assert published_effect("long_term_forecast", "mine", ["96"], "mse") is None
    assert published_settings("long_term_forecast")["ILI"] == ("24", "36", "48", "60")
    assert list(published_settings("short_term_forecast")) == [
        *("M4-Yearly", "M4-Quarterly", "M4-Monthly", "Others", "Average")
    ]


MATRIX = [
    {"task": "long_term_forecast", "datasets": ["ETTh1", "ILI"]},
    {"task": "imputation", "datasets": ["Weather"]},
]


def test_drawn_effects(plan, drawn):
    values = {"seeds": [1, 2], "matrix": MATRIX}
    done = lambda run: run.horizon != 96  # noqa: E731
    made = drawn(top_effect, plan(values, done, lambda run: -0.2 * run.model.top))
    forecast, imputation = made.figure.axes  # the tasks that have runs with and without TOP
    assert [label.get_text() for label in forecast.get_yticklabels()] == [
        "ILI",
        "ETTh1\n(192, 336, 720 only)",
    ]
    assert [len(axes.containers) for axes in (forecast, imputation)] == [4, 2]
    assert all(line.get_xdata()[0] < -10 for line, *_ in forecast.containers)
    assert len({line.get_color() for line, *_ in forecast.containers}) == 2  # a colour per definition
    assert forecast.get_xlim() == imputation.get_xlim()
    assert "95 % t interval" in words(made.figure)
    assert "6 own differences, of which 6 are negative" in made.alt
    check_tidy(made.figure)


def test_small_differences_stay_small_and_one_seed_has_no_interval(plan, drawn):
    made = drawn(top_effect, plan({"seeds": [1], "matrix": MATRIX}, change=lambda run: 0.001 * run.model.top))
    for axes in made.figure.axes:
        assert axes.get_xlim()[0] < -5 < 5 < axes.get_xlim()[1]
    assert "a single seed, of which no interval can be had" in words(made.figure)
    assert "t interval" not in words(made.figure)
    check_tidy(made.figure)


@pytest.mark.parametrize(
    "values", [{"matrix": MATRIX, "top": [True]}, {"matrix": MATRIX, "protocol": "strict"}]
)
def test_without_pairs_there_is_no_figure(values, plan, drawn):
    made = drawn(top_effect, plan(values))
    assert made.is_words
    assert made.alt.startswith("No dataset has a run with and one without TOP of the same seed")
