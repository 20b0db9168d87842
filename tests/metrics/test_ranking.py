"""Metrics of anomaly scores over all thresholds."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from specar.base.errors import SpecarError
from specar.metrics.ranking import auc_pr, auc_roc, best_f1, vus_pr

LABELS = np.array([0, 0, 1, 1], dtype=bool)
SCORES = np.array([0.1, 0.4, 0.35, 0.8])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_best_f1_is_the_best_of_all_thresholds(points):
    scores, labels = (np.array(column) for column in zip(*points, strict=True))
    assume(0 < labels.sum() < len(labels))
    expected = max(f1_score(labels, scores >= value) for value in np.unique(scores))
    assert best_f1(scores.astype(float), labels) == pytest.approx(expected)


def test_areas_by_hand():
    # Three of the four pairs of an anomaly and a normal point are in order.
    assert auc_roc(SCORES, LABELS) == 0.75
    # Precision 1 for the first half of the recall, 2/3 for the second.
    assert auc_pr(SCORES, LABELS) == pytest.approx((1 + 2 / 3) / 2)


@pytest.fixture
def noisy():
    random = np.random.default_rng(0)
    labels = np.zeros(3000, dtype=bool)
    labels[500:620] = labels[1500:1530] = labels[2900:] = True
    return labels + 2 * random.random(3000), labels


def test_vus_with_step_1_is_that_of_aeon(noisy):
    from aeon.benchmarking.metrics.anomaly_detection import range_pr_vus_score

    scores, labels = noisy
    expected = range_pr_vus_score(labels.astype(int), scores, 22)
    assert vus_pr(scores, labels, max_buffer=22, step=1) == pytest.approx(expected, abs=1e-12)


def test_vus_at_every_fifth_buffer_hardly_differs(noisy):
    assert vus_pr(*noisy) == pytest.approx(vus_pr(*noisy, step=1), abs=3e-4)


def test_vus_sets_the_truth_far_above_noise(noisy):
    scores, labels = noisy
    exact = labels + 0.001 * np.random.default_rng(1).random(3000)
    random = np.random.default_rng(2).random(3000)
    assert vus_pr(exact, labels) > 0.85
    assert vus_pr(random, labels) < 0.2
    assert vus_pr(scores.astype(np.float32), labels) == pytest.approx(vus_pr(scores, labels), abs=1e-4)


@pytest.mark.parametrize("metric", [best_f1, auc_roc, auc_pr, vus_pr])
@pytest.mark.parametrize("label", [False, True])
def test_labels_of_one_class_are_an_error(metric, label):
    with pytest.raises(SpecarError, match="need anomalies and normal points"):
        metric(SCORES, np.full(4, label))
