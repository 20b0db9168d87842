"""Standard scores and filled gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.preprocessing import StandardScaler

from specar.base.errors import SpecarError
from specar.data import treatment
from specar.data.treatment import fill_gaps, fit, scaled

nan = np.nan


def test_gaps_by_hand() -> None:
    values = np.array([[1, nan, 5], [nan, 2, nan], [4, nan, nan], [nan, nan, 9], [nan, nan, 9.0]])
    assert fill_gaps(values, np.array([0, 3, 5])) == 9
    np.testing.assert_array_equal(
        values,
        [[1, 2, 5], [2.5, 2, 5], [4, 2, 5], [nan, nan, 9], [nan, nan, 9]],
    )


def test_without_gaps_nothing_changes() -> None:
    values = np.arange(6.0).reshape(3, 2)
    assert fill_gaps(values, np.array([0, 3])) == 0
    np.testing.assert_array_equal(values, np.arange(6.0).reshape(3, 2))


@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.integers(1, 3)),
        elements=st.one_of(st.just(nan), st.integers(-1000, 1000).map(float)),
    )
)
def test_gaps_as_pandas_fills_them(values: np.ndarray) -> None:
    expected = pd.DataFrame(values).interpolate(method="linear", limit_direction="both")
    fill_gaps(values, np.array([0, len(values)]))
    np.testing.assert_allclose(values, expected.to_numpy(), rtol=1e-12, atol=1e-9)


def test_scores_in_blocks_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(treatment, "_BLOCK", 7)
    values = np.random.default_rng(0).normal(5, 3, (20, 4))
    values[:, 2] = 0.1
    mean, std = fit(values)
    scaler = StandardScaler().fit(values)
    np.testing.assert_allclose((mean, std), (scaler.mean_, scaler.scale_), rtol=1e-13)
    scores = scaled("Toy", values, mean, std)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, scaler.transform(values), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("columns", "named"), [(None, "'2'"), (("a", "b"), "'b'")])
def test_a_value_too_large_for_float32(columns: tuple[str, ...] | None, named: str) -> None:
    values = np.array([[1.0, 2.0], [1.0, 1e200]])
    with pytest.raises(SpecarError, match=f"dataset Toy: column {named} is too large to scale"):
        scaled("Toy", values, np.zeros(2), np.ones(2), columns)


@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(2, 12), st.integers(1, 3)),
        elements=st.one_of(st.just(nan), st.integers(-1000, 1000).map(float)),
    ).filter(lambda values: not np.isnan(values).all(axis=0).any())
)
def test_gaps_are_no_part_of_mean_and_deviation_and_become_the_mean(values: np.ndarray) -> None:
    mean, std = fit(values)
    for channel, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        scaler = StandardScaler().fit(known[:, None])
        np.testing.assert_allclose((mean[channel], std[channel]), (scaler.mean_[0], scaler.scale_[0]))
    scores = scaled("Toy", values, mean, std)
    assert (scores[np.isnan(values)] == 0).all()
    np.testing.assert_allclose(
        scores[~np.isnan(values)], ((values - mean) / std)[~np.isnan(values)], rtol=1e-6, atol=1e-6
    )
