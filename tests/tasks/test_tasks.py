"""Windows, losses, metrics, masks and floors of long-term forecasting and imputation."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error
from torch import nn

from specar.models.base import ModelOutput
from specar.tasks import make_task
from specar.tasks.imputation import linear_interpolation, observed_mean

CPU = torch.device("cpu")


class Fixed(nn.Module):
    """Predicts from the input with a given function."""

    def __init__(self, predict):
        super().__init__()
        self.predict, self.seen = predict, []

    def forward(self, x, time_features=None, observed_mask=None, padding_mask=None):
        self.seen.append((x, time_features, observed_mask))
        return ModelOutput(self.predict(x), None)


def windows_by_hand(values, start, end, seq_len, pred_len):
    first = range(start, end - seq_len - pred_len + 1)
    inputs = np.stack([values[i : i + seq_len] for i in first])
    return inputs, np.stack([values[i + seq_len : i + seq_len + pred_len] for i in first])


def test_jobs_share_the_prepared_rows(data, make_run):
    windows = make_task(make_run("imputation"), data, CPU).windows
    assert windows.values.data_ptr() == data.values.ctypes.data  # those of the file, not a copy
    assert windows.time_features.data_ptr() == data.time_features.ctypes.data


def test_forecast_metrics_and_windows(data, make_run):
    task = make_task(make_run("long_term_forecast"), data, CPU)
    # 300 rows: 210 train, 30 val, 60 test; val and test reach 24 rows back
    assert [task.count(split) for split in ("train", "val", "test")] == [210 - 35, 30 + 24 - 35, 60 + 24 - 35]
    model = Fixed(lambda x: x[:, -12:])
    metrics = task.test(model).metrics
    inputs, targets = windows_by_hand(data.values, 240 - 24, 300, 24, 12)
    assert metrics["mse"] == pytest.approx(
        mean_squared_error(targets.ravel(), inputs[:, -12:].ravel()), rel=1e-6
    )
    assert metrics["mae"] == pytest.approx(
        mean_absolute_error(targets.ravel(), inputs[:, -12:].ravel()), rel=1e-6
    )
    x, features, mask = model.seen[0]
    assert np.array_equal(x.numpy(), inputs)
    assert np.array_equal(features[3].numpy(), data.time_features[219:243])
    assert mask is None


def test_first_and_last_test_target_are_the_parts_own_rows(data, make_run):
    windows = make_task(make_run("long_term_forecast"), data, CPU).windows
    assert np.array_equal(windows.targets(windows.first_rows("test")[:1])[0, 0], data.values[240])
    assert np.array_equal(windows.targets(windows.first_rows("test")[-1:])[0, -1], data.values[299])
    assert np.array_equal(windows.targets(windows.first_rows("val")[:1])[0, 0], data.values[210])
    assert np.array_equal(windows.targets(windows.first_rows("train")[-1:])[0, -1], data.values[209])


def test_forecast_floors(data, make_run):
    floors = make_task(make_run("long_term_forecast"), data, CPU).floors()
    inputs, targets = windows_by_hand(data.values, 240 - 24, 300, 24, 12)
    last = np.repeat(inputs[:, -1:], 12, axis=1)
    season = inputs[:, :12]  # 24 rows before the first target: the window's own first rows
    assert floors["last_value"].metrics["mse"] == pytest.approx(
        mean_squared_error(targets.ravel(), last.ravel()), rel=1e-6
    )
    assert floors["seasonal_naive"].metrics["mae"] == pytest.approx(
        mean_absolute_error(targets.ravel(), season.ravel()), rel=1e-6
    )


@pytest.mark.parametrize("season", [5, 36])
def test_seasonal_naive_repeats_the_last_season_also_a_longer_one(data, make_run, season):
    object.__setattr__(data, "seasonality", season)
    task = make_task(make_run("long_term_forecast"), data, CPU)
    first = torch.tensor([230])
    expected = [data.values[230 + 24 - season + h % season] for h in range(12)]
    assert np.array_equal(task._seasonal_naive(first)[0].numpy(), np.stack(expected))


def test_forecast_loss_is_mean_squared_error(data, make_run):
    task = make_task(make_run("long_term_forecast"), data, CPU)
    batch = task.draw(torch.tensor([0, 7]), torch.Generator())
    loss, _ = task.loss(Fixed(lambda x: torch.zeros(len(x), 12, 3)), batch)
    targets = np.stack([data.values[24:36], data.values[31:43]])
    assert loss.item() == pytest.approx(float((targets**2).mean()), rel=1e-6)


def test_imputation_counts_hidden_values_only(data, make_run):
    task = make_task(make_run("imputation"), data, CPU)
    model = Fixed(lambda x: torch.zeros_like(x))
    metrics = task.test(model).metrics
    inputs, _ = windows_by_hand(data.values, 240 - 24, 300, 24, 0)
    hidden = ~task.observed_masks("test", 1).numpy()
    assert metrics["mse"] == pytest.approx(float((inputs[hidden] ** 2).mean()), rel=1e-6)
    assert metrics["mae"] == pytest.approx(float(np.abs(inputs[hidden]).mean()), rel=1e-6)
    x, _, mask = model.seen[0]
    assert np.array_equal(mask.numpy(), ~hidden)
    assert (x[mask == 0] == 0).all()


def test_imputation_loss_counts_hidden_values_only(data, make_run):
    task = make_task(make_run("imputation"), data, CPU)
    batch = task.draw(torch.arange(10), torch.Generator().manual_seed(3))
    loss, _ = task.loss(Fixed(lambda x: torch.zeros_like(x)), batch)
    x = torch.stack([torch.from_numpy(np.array(data.values[i : i + 24])) for i in range(10)])
    hidden = torch.rand(x.shape, generator=torch.Generator().manual_seed(3)) <= 0.25
    assert loss.item() == pytest.approx(float((x[hidden] ** 2).mean()), rel=1e-5)


def test_masks_have_the_mask_ratio_and_are_drawn_anew(data, make_run):
    task = make_task(make_run("imputation"), data, CPU)
    masks = task.observed_masks("val", 1)
    assert 1 - masks.float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(masks, task.observed_masks("val", 1))
    assert not torch.equal(masks, task.observed_masks("val", 2))
    other_seed = make_task(make_run("imputation", seeds=[2]), data, CPU, seed=2)
    assert not torch.equal(masks, other_seed.observed_masks("val", 1))


def test_strict_masks_are_the_same_for_every_model_epoch_and_seed(data, make_run):
    masks = [
        make_task(
            run := make_run("imputation", protocol="strict", **change), data, CPU, seed=run.seed
        ).observed_masks("test", epoch)
        for epoch, change in enumerate(
            [{}, {"seeds": [7]}, {"run_models": ["specar-released"], "top": [True]}]
        )
    ]
    assert torch.equal(masks[0], masks[1])
    assert torch.equal(masks[0], masks[2])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(0, 10**6))
def test_linear_interpolation_is_pandas(steps, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, steps, 3, generator=generator)
    observed = torch.rand(2, steps, 3, generator=generator) > 0.5
    result = linear_interpolation(x, observed)
    for sample, mask, filled in zip(x, observed, result, strict=True):
        frame = pd.DataFrame(sample.numpy()).where(pd.DataFrame(mask.numpy()))
        expected = frame.interpolate(limit_direction="both").fillna(0).to_numpy()
        np.testing.assert_allclose(filled.numpy(), expected, atol=1e-5)


def test_observed_mean_by_hand():
    x = torch.tensor([1.0, 2.0, 9.0]).view(1, 3, 1)
    assert observed_mean(x, torch.tensor([True, True, False]).view(1, 3, 1)).flatten().tolist() == [1.5] * 3
    assert observed_mean(x, torch.zeros(1, 3, 1, dtype=torch.bool)).flatten().tolist() == [0] * 3
