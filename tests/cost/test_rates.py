"""Rates fitted to rows of the benchmark, and what they predict."""

import json
from importlib.resources import files

import numpy as np
import pytest
from scipy.optimize import nnls

from specar.config import expand, parse_config
from specar.cost.rates import Load, Rates, _non_negative, _times, classes, fit, here
from specar.models.shape import SeriesShape
from specar.models.specar.work import work

ROWS = json.loads(files("specar.cost").joinpath("measured.json").read_text())[-1]["rows"]


def rows_of(multiply_add, element, step):
    """Rows of a machine with known rates."""
    random = np.random.default_rng(0)
    for forward in random.uniform(1e8, 1e10, 8):
        elements = random.uniform(1e6, 1e8)
        yield {
            "device": "known",
            "threads": 1,
            "batch_size": 4,
            "forward_multiply_adds": forward,
            "training_multiply_adds": 3 * forward,
            "elements": elements,
            "step_seconds": {"specar": multiply_add * 3 * forward + element * 3 * elements + step},
            "evaluation_seconds_per_example": (multiply_add * forward + element * elements) / 4,
        }


@pytest.mark.parametrize("known", [(2e-11, 3e-9, 0.01), (2e-11, 0, 0.01), (1e-13, 1e-11, 0.004)])
def test_known_rates_are_found(known):
    rates = fit(list(rows_of(*known)), "made up")
    found = (rates.seconds_per_multiply_add, rates.seconds_per_element, rates.seconds_per_step)
    assert found == pytest.approx(known, rel=1e-3, abs=1e-13)
    assert rates.largest_error == pytest.approx(0, abs=1e-3)
    assert rates.seconds(Load(1e12, 0, 5)) == pytest.approx(1e12 * known[0] + 5 * known[2], rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_least_squares_as_in_scipy(seed):
    matrix = np.random.default_rng(seed).normal(size=(12, 3)) + 0.3
    expected, _ = nnls(matrix, np.ones(12))
    assert _non_negative(matrix.tolist()) == pytest.approx(expected, abs=1e-6)


def test_measured_times_are_predicted():
    rates = classes()[-1]
    assert rates.measured
    for row in ROWS:
        for load, seconds in _times(row):
            assert rates.seconds(load) == pytest.approx(seconds, rel=0.6)
        step = next(_times(row))
        assert rates.seconds(step[0]) == pytest.approx(step[1], rel=0.35)


@pytest.mark.parametrize("label", ["specar", "specar-released"])
def test_work_of_a_measured_setting(label):
    entry = {"task": "long_term_forecast", "datasets": ["ETTh1"], "horizons": [96]}
    matrix = [{**entry, "models": [label], "top": [False], "seeds": [1]}]
    (run,) = expand(parse_config({"matrix": matrix})).values()
    needed = work(run.model.settings, SeriesShape(7, 96, 96)) * run.training.batch_size
    (row,) = (row for row in ROWS if row["setting"] == "ETTh1, horizon 96" and row["model"] == label)
    assert needed.training == row["training_multiply_adds"]
    assert (needed.forward, needed.elements) == (row["forward_multiply_adds"], row["elements"])


def test_classes_say_what_was_measured():
    found = {rates.device: rates.measured for rates in classes()}
    assert found == {"H200": False, "RTX 3090": False, "AMD EPYC, 2 threads": True}
    for rates in classes():
        assert ("not measured" in rates.source) != rates.measured


def test_a_measured_gpu_takes_the_place_of_the_assumed_ones(tmp_path, monkeypatch):
    cpu, gpu = ({"date": "2026-01-01", "rows": list(rows_of(2e-11, 0, 0.01))} for _ in range(2))
    monkeypatch.setattr("specar.cost.rates.files", lambda _: tmp_path)
    for known, assumed in (
        ([{**cpu, "type": "cpu"}], 2),
        ([{**gpu, "type": "cuda"}, {**cpu, "type": "cpu"}], 0),
    ):
        (tmp_path / "measured.json").write_text(json.dumps(known))
        assert [rates.measured for rates in classes()] == [False] * assumed + [True] * len(known)


def test_benchmark_of_this_machine(tmp_path):
    path = tmp_path / "speed.json"
    assert here(path) is None
    for damaged in ("[", "[{}]", "3", '[{"precision": "fp32"}]', "[]", '[{"precision": "bf16"}]'):
        path.write_text(damaged)
        assert here(path) is None
    rows = [{**row, "precision": "fp32"} for row in rows_of(1e-12, 1e-9, 0.002)]
    path.write_text(json.dumps([*rows, {**rows[0], "precision": "bf16", "device": "another"}]))
    rates = here(path)
    assert isinstance(rates, Rates)
    assert rates.device == "known, 1 thread"
    assert rates.seconds_per_step == pytest.approx(0.002, rel=1e-3)
    assert here(path) == rates
    first, *others = rows
    of_several = {**first, "device": "another"}
    bad = [{**first, "elements": value} for value in (0, -1, 10**400)]
    never = {**first, "step_seconds": {"specar": 0.0}}
    for changed in ([of_several, *others], rows[:5], *([one, *others] for one in (*bad, never))):
        path.write_text(json.dumps(changed))
        assert here(path) is None
    path.write_text(json.dumps(rows).replace('"specar": ', '"specar": NaN, "was": '))
    assert here(path) is None
