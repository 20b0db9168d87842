"""The examples of each task: what they show is what the metrics are computed from."""

import json
import math

import numpy as np
import pytest
import torch

from specar.config.tasks import TASK_INFO
from specar.metrics.short_term import smape
from specar.models import build_model

TASKS = tuple(TASK_INFO)


def built(choice, shape):
    return build_model(choice.module, choice.settings, shape)


@pytest.fixture
def examples_of(make_small_task, make_run):
    """Return a function that gives task, model and examples of a small run."""

    def make(name, size=256, **changes):
        task = make_small_task(name, size, **changes)
        torch.manual_seed(0)
        model = built(make_run(name, **changes).model, task.shape).eval()
        with torch.inference_mode():
            return task, model, task.examples(model, task.test(model).details)

    return make


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("label", ["specar", "specar-released"])
def test_all_tasks_have_examples_that_are_plain_and_small(examples_of, name, label):
    _, _, content = examples_of(name, run_models=[label])
    text = json.dumps(content, allow_nan=False)
    assert len(text) < 150_000
    assert {"how", "unit", "channel", "examples", "maps"} <= set(content)


@pytest.mark.parametrize("name", TASKS)
def test_examples_do_not_depend_on_the_evaluation_batch_size(examples_of, name):
    (_, _, first), (_, _, second) = (examples_of(name, size) for size in (3, 1000))
    assert [one.get("number") for one in first["examples"]] == [
        one.get("number") for one in second["examples"]
    ]
    for one, other in zip(first["examples"], second["examples"], strict=True):
        for key in ("prediction", "scores"):
            if key in one:
                assert one[key] == pytest.approx(other[key], rel=1e-3, abs=1e-4)


def test_a_forecast_is_that_of_its_window(examples_of):
    task, model, content = examples_of("long_term_forecast")
    rows = task.windows.first_rows("test")
    with torch.inference_mode():
        output = task._run(model, rows).output
    errors = (output - task.windows.targets(rows)).square().mean(dim=(1, 2)).sort().values
    middle, bad = content["examples"]
    count = len(rows)
    assert count <= 64
    assert middle["mse"] == pytest.approx(errors[round(0.5 * (count - 1))].item(), rel=1e-4)
    assert bad["mse"] == pytest.approx(errors[round(0.9 * (count - 1))].item(), rel=1e-4)
    for one in (middle, bad):
        number = one["number"]
        assert one["prediction"] == pytest.approx(output[number, :, 2].tolist(), rel=1e-4, abs=1e-5)
        values = task.windows.values[rows[number] :][: task.windows.seq_len + task.windows.pred_len, 2]
        assert one["input"] + one["target"] == pytest.approx(values.tolist(), rel=1e-4)
    assert content["channel"] == "c2"


def test_hidden_values_do_not_enter_the_shown_reconstruction(examples_of):
    task, _, content = examples_of("imputation")
    rows = task.windows.first_rows("test")
    for one in content["examples"]:
        observed = np.array(one["observed"], bool)
        assert 0 < (~observed).sum() < len(observed)
        series = task.windows.inputs(rows[one["number"]].view(1))[0, :, 2]
        assert one["target"] == pytest.approx(series.tolist(), rel=1e-4)


def test_a_series_of_m4_is_shown_from_its_start_with_its_own_error(examples_of):
    task, _, content = examples_of("short_term_forecast")
    for one in content["examples"]:
        number = one["number"]
        known = [value for value in one["input"] if value is not None]
        series = task.data.series(number)[-task.shape.seq_len :]
        assert known == pytest.approx(series.tolist(), rel=1e-4)
        assert one["target"] == pytest.approx(task.data.test_values[number].tolist(), rel=1e-4)
        error = smape(np.array([one["prediction"]]), task.data.test_values[number : number + 1])
        assert one["smape"] == pytest.approx(error[0], rel=1e-2)
        assert one["series"] == f"S{number}"


def test_a_case_has_its_class_and_the_one_that_is_predicted(examples_of):
    task, model, content = examples_of("classification")
    with torch.inference_mode():
        predicted, truth = task._predicted(model, "test")
    for one in content["examples"]:
        assert (one["class"], one["predicted"]) == (truth[one["number"]], predicted[one["number"]])
        length = sum(value is not None for value in one["input"])
        assert length == np.diff(task.data.test_offsets)[one["number"]]


@pytest.mark.parametrize("protocol", ["published", "strict"])
def test_scores_are_those_that_the_threshold_is_for(examples_of, protocol):
    settings = {} if protocol == "strict" else {"task_settings": {"train_stride": 20}}
    task, model, content = examples_of("anomaly_detection", protocol=protocol, **settings)
    (one,) = content["examples"]
    with torch.inference_mode():
        scores = task._row_scores(
            lambda part, first: task._errors(model, task._windows(part, first)).numpy(), "test"
        )
        assert one["threshold"] == task.test(model).details["threshold"]
    assert one["scores"] == pytest.approx(scores.tolist(), rel=1e-4)
    assert one["segments"] == [[50, 60], [200, 230], [333, 336]]
    assert one["segment"] == (50, 60)  # the median of lengths 10, 30 and 3
    assert one["scores_of"] == "all test windows"


def test_of_many_windows_those_that_do_not_overlap_are_scored(examples_of):
    task, model, content = examples_of("anomaly_detection")
    (one,) = content["examples"]
    with torch.inference_mode():
        rows = torch.arange(0, 400, task.window)
        expected = torch.cat([task._errors(model, task._windows("test", row.view(1)))[0] for row in rows])
    assert one["scores_of"] == "windows that do not overlap"
    assert one["scores"] == pytest.approx(expected.tolist(), rel=1e-4)


def test_examples_leave_random_numbers_and_the_model_alone(make_small_task, make_run):
    for name in TASKS:
        task = make_small_task(name)
        model = built(make_run(name).model, task.shape).eval()
        before, state = torch.get_rng_state(), {k: v.clone() for k, v in model.state_dict().items()}
        with torch.inference_mode():
            details = task.test(model).details
            task.examples(model, details)
            again = task.test(model)
        assert torch.equal(before, torch.get_rng_state())
        assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
        assert all(not module._forward_pre_hooks for module in model.modules())
        assert all(math.isfinite(value) for value in again.metrics.values())
