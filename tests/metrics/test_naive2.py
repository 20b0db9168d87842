"""Naive2 by hand, by an independent formula and against the competition's own forecasts."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from specar.base.errors import SpecarError
from specar.metrics.short_term import (
    is_seasonal,
    last_value,
    mase,
    naive2,
    seasonal_naive,
    seasonal_scale,
    smape,
)

HORIZON = {"Yearly": 6, "Quarterly": 8, "Weekly": 13, "Daily": 14, "Hourly": 48}
PUBLISHED_SMAPE = {"Yearly": 16.342, "Quarterly": 11.012, "Weekly": 9.161, "Daily": 3.045, "Hourly": 18.383}
PUBLISHED_MASE = {"Yearly": 3.974, "Weekly": 2.777, "Hourly": 2.395}
TRAIN = {
    "Yearly": ("Yearly-train.csv.gz", 1),
    "Weekly": ("Weekly-train.csv.gz", 1),
    "Hourly": ("Hourly-train.csv", 24),
}


def ragged(*series):
    return np.concatenate(series).astype(float), np.cumsum([0, *map(len, series)])


def one(series, m, horizon):
    return naive2(*ragged(series), m, horizon)[0]


def test_last_value_and_seasonal_naive():
    series = ragged([1, 2, 3, 4], [7, 8, 9])
    np.testing.assert_array_equal(last_value(*series, 2), [[4, 4], [9, 9]])
    np.testing.assert_array_equal(seasonal_naive(*series, 3, 5), [[2, 3, 4, 2, 3], [7, 8, 9, 7, 8]])
    with pytest.raises(SpecarError, match="series 1"):
        seasonal_naive(*series, 4, 2)


def test_by_hand():
    # Level 10, factors 1.2 and 0.8. Of 12 points r_1 = -11/12, r_2 = 10/12 and the limit is 0.777;
    # of 7 points r_2 = 0.70 is below 0.98.
    np.testing.assert_allclose(one([12, 8] * 6, 2, 3), [12, 8, 12])
    np.testing.assert_allclose(one([*[12, 8] * 6, 12], 2, 3), [8, 12, 8])
    np.testing.assert_array_equal(one([*[12, 8] * 3, 12], 2, 3), [12, 12, 12])


def by_formula(series, m, horizon):
    """Classical decomposition written out: moving average, ratios, mean per season, mean 1."""
    n, half = len(series), m // 2
    weights = np.ones(m) if m % 2 else np.array([0.5, *[1] * (m - 1), 0.5])
    ratios = [[] for _ in range(m)]
    for i in range(half, n - half):
        ratios[i % m].append(series[i] / (weights @ series[i - half : i + half + 1] / m))
    factors = np.array([np.mean(part) for part in ratios])
    factors = factors / factors.mean()
    level = series[-1] / factors[(n - 1) % m]
    return [level * factors[(n + step) % m] for step in range(horizon)]


@pytest.mark.parametrize("m", [3, 4, 12])
@pytest.mark.parametrize("extra", [0, 1, 2])
def test_against_the_formula(m, extra):
    random = np.random.default_rng(m)
    time = np.arange(8 * m + extra)
    series = (
        (50 + time) * (1 + 0.5 * np.sin(2 * np.pi * time / m)) * np.exp(0.02 * random.normal(size=len(time)))
    )
    np.testing.assert_allclose(one(series, m, m + 2), by_formula(series, m, m + 2))


def test_the_test_of_seasonality_against_its_formula():
    random, found = np.random.default_rng(0), []
    for _ in range(200):
        x = random.normal(size=30) + 0.7 * np.tile([1, -1, 0], 10)
        d = x - x.mean()
        r = [sum(d[k:] * d[: 30 - k]) / sum(d * d) for k in range(4)]
        expected = abs(r[3]) > 1.645 * np.sqrt((1 + 2 * (r[1] ** 2 + r[2] ** 2)) / 30)
        assert is_seasonal(x, 3) == expected
        found.append(expected)
    assert 0 < sum(found) < 200


def test_series_that_are_not_adjusted():
    seasonal = np.tile([1.0, 2.0, 3.0, 6.0], 6)
    assert is_seasonal(seasonal, 4)
    assert not is_seasonal(seasonal[:11], 4)  # less than three seasons
    assert not is_seasonal(np.full(24, 5.0), 4)  # constant
    assert is_seasonal(seasonal - 1, 4)  # but not positive
    series = ragged(seasonal[:11], np.full(24, 5.0), seasonal - 1, seasonal)
    np.testing.assert_allclose(naive2(*series, 4, 3), [[3] * 3, [5] * 3, [5] * 3, [1, 2, 3]])
    np.testing.assert_array_equal(naive2(*series, 1, 3), last_value(*series, 3))


@pytest.fixture(scope="module")
def submission(mirror):
    with zipfile.ZipFile(mirror("m4", "submission-Naive2.zip")) as archive:
        return pd.read_csv(archive.open("submission-Naive2.csv"), index_col=0)


@pytest.fixture
def competition(submission, mirror):
    """Return the submitted forecasts and the test part of a frequency, each (series, horizon)."""

    def read(frequency):
        test = pd.read_csv(mirror("m4", "Test", f"{frequency}-test.csv"), index_col=0)
        return submission.loc[test.index].to_numpy()[:, : HORIZON[frequency]], test.to_numpy(float)

    return read


@pytest.fixture(scope="module", params=TRAIN)
def history(request, mirror):
    """The training series of a frequency: its name, values, offsets and season."""
    file, m = TRAIN[request.param]
    values = pd.read_csv(mirror("m4", "Train", file), index_col=0).to_numpy(float)
    known = ~np.isnan(values)
    return request.param, values[known], np.concatenate([[0], known.sum(axis=1).cumsum()]), m


@pytest.mark.parametrize("frequency", HORIZON)
def test_published_smape(competition, frequency):
    assert smape(*competition(frequency)).mean() == pytest.approx(PUBLISHED_SMAPE[frequency], abs=5e-4)


def test_published_mase(competition, history):
    frequency, *series = history
    value = mase(*competition(frequency), seasonal_scale(*series)).mean()
    assert value == pytest.approx(PUBLISHED_MASE[frequency], abs=5e-4)


def test_forecasts_are_the_submitted_ones(competition, history):
    frequency, *series = history
    submitted, actual = competition(frequency)
    forecasts = naive2(*series, HORIZON[frequency])
    # The file has about ten digits.
    np.testing.assert_allclose(forecasts, submitted, rtol=1e-9)
    assert smape(forecasts, actual).mean() == pytest.approx(PUBLISHED_SMAPE[frequency], abs=1e-3)
