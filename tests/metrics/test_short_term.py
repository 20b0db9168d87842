"""The M4 errors by hand, and as loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specar.base.errors import SpecarError
from specar.metrics.short_term import mase, owa, seasonal_scale, smape


def test_smape_by_hand():
    forecast = np.array([[1.0, 3.0], [0.0, 0.0], [-1.0, 0.0]])
    actual = np.array([[1.0, 1.0], [0.0, 5.0], [1.0, 0.0]])
    np.testing.assert_allclose(smape(forecast, actual), [50, 100, 100])
    np.testing.assert_array_equal(smape(forecast, actual), smape(actual, forecast))


def test_mase_by_hand():
    forecast, actual = np.array([[1.0, 2.0], [5.0, 5.0]]), np.array([[2.0, 4.0], [5.0, 3.0]])
    np.testing.assert_allclose(mase(forecast, actual, np.array([3.0, 0.5])), [0.5, 2])


def test_owa_by_hand():
    assert owa(12.0, 1.5, 13.564, 1.912) == pytest.approx((12 / 13.564 + 1.5 / 1.912) / 2)
    assert owa(13.564, 1.912, 13.564, 1.912) == 1


@settings(deadline=None)
@given(
    st.integers(1, 5),
    st.lists(st.lists(st.integers(-99, 99), min_size=6, max_size=12), min_size=1, max_size=6),
)
def test_scale_is_the_mean_seasonal_difference_of_each_series(m, series):
    offsets = np.cumsum([0, *map(len, series)])
    expected = [np.mean([abs(x[i] - x[i - m]) for i in range(m, len(x))]) for x in series]
    scale = seasonal_scale(np.concatenate(series).astype(float), offsets, m)
    np.testing.assert_allclose(scale, expected)


def test_a_series_without_a_seasonal_difference_is_an_error():
    with pytest.raises(SpecarError, match=r"series 1 .* has 2 values, 3 are needed"):
        seasonal_scale(np.arange(5.0), np.array([0, 3, 5]), 2)


def test_mase_of_a_constant_series_is_an_error():
    scale = seasonal_scale(np.array([1.0, 2.0, 7.0, 7.0, 7.0]), np.array([0, 2, 5]), 1)
    np.testing.assert_array_equal(scale, [1, 0])
    with pytest.raises(SpecarError, match="MASE of series 1"):
        mase(np.ones((2, 3)), np.ones((2, 3)), scale)
