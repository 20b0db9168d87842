"""M4: windows, cuts, loss and metrics."""

import numpy as np
import pytest
import torch
from torch import nn

from specar.base.errors import SpecarError
from specar.models.base import ModelOutput
from specar.tasks.short_term_forecast import smape_loss


class Last(nn.Module):
    """Repeats the last input value; keeps its inputs."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(x)
        return ModelOutput(x[:, -1:].expand(-1, 4, -1), None)


def series(task, number):
    return task.data.train_values[task.data.train_offsets[number] : task.data.train_offsets[number + 1]]


def test_the_input_is_the_end_of_the_series_and_the_metrics_are_those_of_the_test_steps(make_small_task):
    task, model = make_small_task("short_term_forecast"), Last()
    metrics = task.test(model).metrics
    assert task.shape.seq_len == 8  # twice the horizon
    inputs = torch.cat(model.seen)[..., 0].numpy()
    for number in range(12):
        np.testing.assert_allclose(inputs[number], series(task, number)[-8:], rtol=1e-6)
    floor = task.floors()["last_value"].metrics
    assert metrics == pytest.approx(floor, rel=1e-6)
    last = np.array([series(task, number)[-1] for number in range(12)])[:, None]
    actual = task.data.test_values
    by_hand = 200 * np.mean(np.abs(last - actual) / (np.abs(last) + np.abs(actual)))
    assert metrics["smape"] == pytest.approx(by_hand, rel=1e-6)
    scale = [np.mean(np.abs(series(task, n)[4:] - series(task, n)[:-4])) for n in range(12)]
    assert metrics["mase"] == pytest.approx(np.mean(np.abs(last - actual).mean(axis=1) / scale), rel=1e-6)
    naive2 = task.floors()["naive2"].metrics
    assert naive2["owa"] == pytest.approx(1, rel=1e-12)
    owa = (metrics["smape"] / naive2["smape"] + metrics["mase"] / naive2["mase"]) / 2
    assert metrics["owa"] == pytest.approx(owa, rel=1e-9)


@pytest.mark.parametrize(("protocol", "held_out"), [("published", 0), ("strict", 4)])
def test_cuts_lie_in_the_last_steps_of_the_history(make_small_task, protocol, held_out):
    task, model = make_small_task("short_term_forecast", protocol=protocol), Last()
    generator, targets = torch.Generator().manual_seed(0), set()
    for _ in range(200):
        task.loss(model, task.draw(torch.tensor([3]), generator))
        known = series(task, 3)[: len(series(task, 3)) - held_out]
        last = model.seen[-1][0, -1, 0].item()
        cut = int(np.flatnonzero(np.isclose(known, last, rtol=1e-6))[-1]) + 1
        targets.add(len(known) - cut)
    assert targets == set(range(1, 7))  # 1.5 horizons of 4 steps


def test_the_authors_lose_the_target_of_a_cut_in_the_first_steps(make_small_task):
    values = {"short_term_forecast": {"Small-M4": {"task_settings": {"history": 100}}}}
    for protocol, lost in (("published", True), ("strict", False)):
        task = make_small_task("short_term_forecast", protocol=protocol, experiments=values)
        generator, losses = torch.Generator().manual_seed(0), []
        for _ in range(300):
            model = Last()
            loss, _ = task.loss(model, task.draw(torch.tensor([0]), generator))
            if int((model.seen[0] != 0).sum()) < 4:  # fewer steps than the horizon before the cut
                losses.append(loss.item())
        assert losses
        assert all(loss == 0 for loss in losses) == lost


def test_naive2_without_error_is_refused_before_training(make_small_task, prepared_folders):
    task = make_small_task("short_term_forecast")
    object.__setattr__(task.data, "naive2", task.data.test_values)
    with pytest.raises(SpecarError, match="Naive2 is without error"):
        task.setup(task.data)


def test_steps_behind_the_end_do_not_count_and_a_short_past_is_padded_with_zeros(make_small_task):
    task = make_small_task("short_term_forecast", experiments={
        "short_term_forecast": {"Small-M4": {"seq_len": 30}}
    })  # fmt: skip
    model = Last()
    task.test(model)
    first = torch.cat(model.seen)[0, :, 0]
    assert (first[:10] == 0).all()  # the first series has 20 steps
    np.testing.assert_allclose(first[10:], series(task, 0), rtol=1e-6)
    forecast, target = torch.tensor([[1.0, 5.0]]), torch.tensor([[3.0, 0.0]])
    loss = smape_loss(forecast, target, torch.tensor([[True, False]]))
    assert loss.item() == pytest.approx(200 * (2 / 4) / 2)


def test_zero_forecasts_of_zero_cost_nothing_and_have_a_gradient():
    forecast = torch.zeros(1, 2, requires_grad=True)
    loss = smape_loss(forecast, torch.zeros(1, 2), torch.ones(1, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(forecast.grad).all()


def test_top_weights_are_those_of_the_authors_code():
    from specar.config import expand, parse_config

    runs = expand(parse_config({"matrix": [{"task": "short_term_forecast"}], "seeds": [1], "top": [True]}))
    found = {
        (run.dataset, run.key.model): (
            run.model.settings.top_weight,
            run.model.settings.top_segments,
            run.model.settings.top_from_epoch,
            run.task_settings.history,
        )
        for run in runs.values()
    }
    for subset in ("Yearly", "Quarterly", "Monthly"):
        assert found[f"M4-{subset}", "specar-released"] == (0.001, None, 1, 1.5)
    for subset in ("Weekly", "Daily", "Hourly"):
        assert found[f"M4-{subset}", "specar-released"] == (0.005, ["input"], 7, 10)
        assert found[f"M4-{subset}", "specar"] == (0.05, None, 1, 10)


@pytest.mark.parametrize(("protocol", "needed"), [("published", 2), ("strict", 6)])
def test_two_steps_are_enough_besides_those_that_are_held_out(make_small_task, protocol, needed):
    task = make_small_task("short_term_forecast", protocol=protocol)
    name = task.data.meta["ids"][1]
    for steps in (needed - 1, needed):
        offsets = task.data.train_offsets.copy()
        offsets[2:] -= offsets[2] - offsets[1] - steps
        object.__setattr__(task.data, "train_offsets", offsets)
        object.__setattr__(task.data, "seasonality", 1)
        if steps == needed:
            task.setup(task.data)
        else:
            held_out = " and the 4 that are held out" if protocol == "strict" else ""
            with pytest.raises(
                SpecarError, match=f"{name!r} is too short to train on; it needs 2 steps{held_out}$"
            ):
                task.setup(task.data)
