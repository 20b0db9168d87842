"""Thresholds, point adjustment and what is counted after it."""

import gzip
from itertools import groupby, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import precision_recall_fscore_support

from specar.base.errors import SpecarError
from specar.metrics.anomaly import (
    overlapping,
    pa_k_auc,
    point_adjust,
    precision_recall_f1,
    segments,
    threshold,
)


def flags(text):
    return np.array([mark == "x" for mark in text])


@st.composite
def predicted_and_labels(draw):
    """Labels in runs, as real ones are, and sparse predictions."""
    runs = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), min_size=1, max_size=8))
    labels = np.array([value for value, length in runs for _ in range(length)], dtype=bool)
    odds = st.sampled_from([True, False, False])
    return draw(arrays(bool, len(labels), elements=odds)), labels


def adjusted_by_hand(predicted, labels, percent=0):
    """Run by run, with a Python loop."""
    out, start = list(predicted), 0
    for label, run in groupby(labels):
        end = start + len(list(run))
        if label and 100 * sum(predicted[start:end]) > percent * (end - start):
            out[start:end] = [True] * (end - start)
        start = end
    return np.array(out, dtype=bool)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("", []),
        ("...", []),
        ("xxx", [(0, 3)]),
        ("x.", [(0, 1)]),
        (".xx.x", [(1, 3), (4, 5)]),
    ],
)
def test_segments(labels, expected):
    starts, ends = segments(flags(labels))
    assert list(zip(starts, ends, strict=True)) == expected
    assert starts.dtype == ends.dtype == np.int64


def test_one_hit_sets_its_segment_and_nothing_else():
    labels = flags(".xxx..xx.xx")
    predicted = flags("x.x....x...")
    before = predicted.copy()
    np.testing.assert_array_equal(point_adjust(predicted, labels), flags("xxxx..xx..."))
    np.testing.assert_array_equal(predicted, before)


@settings(deadline=None)
@given(predicted_and_labels())
def test_point_adjustment_is_that_of_a_loop(case):
    np.testing.assert_array_equal(point_adjust(*case), adjusted_by_hand(*case))


@settings(deadline=None)
@given(predicted_and_labels())
def test_precision_recall_and_f1_are_those_of_scikit_learn(case):
    predicted, labels = case
    expected = precision_recall_fscore_support(labels, predicted, average="binary", zero_division=0)
    values = precision_recall_f1(predicted, labels)
    assert list(values) == ["precision", "recall", "f1"]
    np.testing.assert_allclose(list(values.values()), expected[:3])


@settings(deadline=None)
@given(predicted_and_labels())
def test_pa_k_area_is_that_of_a_loop(case):
    predicted, labels = case
    f1 = [precision_recall_f1(adjusted_by_hand(*case, percent), labels)["f1"] for percent in range(101)]
    area = sum((left + right) / 2 for left, right in pairwise(f1)) / 100
    assert pa_k_auc(predicted, labels) == pytest.approx(area)


def test_no_points_and_no_segments():
    for none in (np.zeros(0, dtype=bool), np.zeros(3, dtype=bool)):
        assert not point_adjust(none, none).any()
        assert precision_recall_f1(none, none) == {"precision": 0, "recall": 0, "f1": 0}
        assert pa_k_auc(none, none) == 0


def test_pa_k_lies_between_plain_and_adjusted_f1():
    labels, predicted = flags(".xxxx.."), flags(".x....x")
    # A quarter of the segment: adjusted (2·4 / 9) for K < 25, else 2·1 / 6.
    area = (24.5 * 8 / 9 + 75.5 * 2 / 6) / 100
    assert pa_k_auc(predicted, labels) == pytest.approx(area)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threshold_is_the_percentile_of_all_parts_together(dtype):
    random = np.random.default_rng(0)
    train, test = (random.random(size).astype(dtype) for size in (700, 301))
    before = train.copy()
    together = threshold([train, test], 1.5)
    # 1,001 points: the percentile lies on the 16th largest.
    assert together == pytest.approx(np.sort(np.concatenate([train, test]))[-16], rel=1e-6)
    assert threshold(train, 4) == pytest.approx(np.percentile(train.astype(float), 96), rel=1e-6)
    np.testing.assert_array_equal(train, before)


def test_the_ratio_of_points_exceeds_the_threshold():
    scores = np.random.default_rng(0).random(1_000_000, dtype=np.float32)
    assert np.count_nonzero(scores > threshold(scores, 1.0)) == 10_000


def test_scores_of_a_diverged_model_are_an_error():
    with pytest.raises(SpecarError, match="diverged"):
        threshold([np.zeros(5), np.array([1.0, np.nan])], 1)


def test_overlapping_windows_one_after_the_other():
    np.testing.assert_array_equal(overlapping(np.arange(4), 3, 1), [0, 1, 2, 1, 2, 3])
    np.testing.assert_array_equal(overlapping(np.arange(7), 3, 3), [0, 1, 2, 3, 4, 5])
    with pytest.raises(SpecarError, match="2 points"):
        overlapping(np.arange(2), 3, 1)


def labels_of(name, mirror):
    if name == "PSM":
        return pd.read_csv(mirror("psm", "test_label.csv"))["label"].to_numpy() == 1
    with gzip.open(mirror(name.lower(), f"{name}_test_label.npy.gz")) as file:
        return np.load(file).ravel().astype(bool)


@pytest.mark.parametrize(
    ("name", "train_rows", "expected"),
    [("PSM", 132_481, 95.9), ("MSL", 58_317, 84.6), ("SMAP", 135_183, 93.8)],
)
def test_random_scores_reach_a_high_adjusted_f1(mirror, name, train_rows, expected):
    """As measured before over five seeds: stride 1, ratio 1 %, train and test together."""
    labels, f1 = overlapping(labels_of(name, mirror), 100, 1), []
    for seed in (0, 1):
        random = np.random.default_rng(seed)
        train, test = (random.random(n, dtype=np.float32) for n in ((train_rows - 99) * 100, len(labels)))
        predicted = test > threshold([train, test], 1.0)
        f1.append(100 * precision_recall_f1(point_adjust(predicted, labels), labels)["f1"])
    assert np.mean(f1) == pytest.approx(expected, abs=0.3)
