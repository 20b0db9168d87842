"""All tasks in one figure."""

import numpy as np

from specar.figures import all_tasks as comparison

from .looks import check_tidy, words

VALUES = {
    "seeds": [1],
    "models": ["specar"],
    "matrix": [
        {"task": "imputation", "datasets": ["ETTh1", "Weather"]},
        {"task": "long_term_forecast", "datasets": ["ETTh1"]},
        {"task": "classification", "datasets": ["Heartbeat"]},
    ],
}


def test_points_are_those_of_the_tables(plan, drawn):
    made = drawn(comparison, plan(VALUES))
    errors, percent = made.figure.axes
    points = np.concatenate([line.get_xydata() for line, *_ in errors.containers])
    assert len(points) == (2 * 5 + 5) * 2 * 2  # cells with averages, without and with TOP, MSE and MAE
    assert np.all(np.abs(points[:, 1] / points[:, 0] - 1) < 0.1)
    (point,) = [line.get_xydata() for line, *_ in percent.containers]
    assert point[0, 0] == 78.0
    assert "Nothing reproduced yet, so no panel: sMAPE of M4; MASE, OWA of M4." in words(made.figure)
    assert made.alt.startswith("Scatter plots of published against reproduced results, 61 of ")
    check_tidy(made.figure)


def test_nothing_done_is_said(plan, drawn):
    made = drawn(comparison, plan(VALUES, lambda run: False))
    assert not made.figure.axes
    assert "none of the results that the paper prints is reproduced so far" in words(made.figure)
    strict = drawn(comparison, plan({**VALUES, "protocol": "strict"}))
    assert "no runs under the protocol of the paper" in words(strict.figure)
