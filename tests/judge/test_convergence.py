"""Whether a run ended before it had converged."""

import json
from pathlib import Path

import pytest

from specar.results.convergence import not_converged

CACHED = Path(__file__).parents[2] / "results" / "cached"


def record(values, best=None, metric="mse"):
    history = [
        {"epoch": number + 1, "val": {metric: value, "mae": 1.0}} for number, value in enumerate(values)
    ]
    return {"training": {"epochs": len(values), "best_epoch": best or len(values)}, "history": history}


@pytest.mark.parametrize(
    ("values", "best", "stopped"),
    [
        ([1.0, 0.9, 0.8, 0.7], None, True),
        ([1.0, 0.9, 0.8, 0.81], 3, False),  # the best is not the last
        ([1.0, 0.5, 0.4999, 0.4998, 0.4997], None, False),  # 0.02 % per epoch
        ([2.0, 1.0, 0.9985, 0.997, 0.9955], None, True),  # 0.15 % per epoch over the last three
        ([2.0, 1.0, 0.9992, 0.9984, 0.9976], None, False),  # 0.08 %
        ([1.0, 0.99], None, True),
        ([1.0], None, False),  # one epoch tells nothing
        ([0.0, 0.0, 0.0, 0.0], None, False),
    ],
)
def test_rule(values, best, stopped):
    assert not_converged(record(values, best)) == stopped


def test_higher_is_better_for_accuracy():
    assert not_converged(record([0.5, 0.6, 0.7, 0.8], metric="accuracy"))
    assert not not_converged(record([0.5, 0.9, 0.95, 0.94], best=3, metric="accuracy"))


def test_without_a_history_it_cannot_be_told():
    assert not not_converged({"training": {"epochs": 5, "best_epoch": 5}})


def test_runs_at_the_rate_of_the_script_have_not_converged_and_at_ten_times_of_it_have():
    """Exchange 96: at 1e-5 and six epochs the best is the last, the validation error still falling by 2 %."""
    found = [
        json.loads(path.read_text()) for path in CACHED.glob("long_term_forecast-Exchange-96-specar-notop*")
    ]
    rates = {
        rate: [one for one in found if one["config"]["training"]["learning_rate"] == rate]
        for rate in (1e-5, 1e-4)
    }
    assert len(rates[1e-5]) >= 3
    assert all(map(not_converged, rates[1e-5]))
    assert len(rates[1e-4]) >= 5
    assert not any(map(not_converged, rates[1e-4]))
