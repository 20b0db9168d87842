"""Metrics of anomaly scores over all thresholds."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from specar.base.errors import SpecarError
from specar.metrics.ranking import auc_pr, auc_roc, best_f1, vus_pr, vus_pr_tsb_ad

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


def tsb_ad_by_loops(scores, labels, max_buffer, thresholds):
    """Point by point, from the definition."""
    n, areas = len(labels), []
    changes = [t for t in range(n + 1) if (t < n and labels[t]) != (t > 0 and labels[t - 1])]
    segments = list(zip(changes[::2], changes[1::2], strict=True))
    ranks = np.linspace(0, n - 1, thresholds).astype(int)
    for buffer in range(max_buffer + 1):
        half, weights, groups = buffer // 2, [], []
        for t in range(n):
            away = [max(start - t, t - (end - 1), 0) for start, end in segments]
            weights.append(min(sum(np.sqrt(1 - d / buffer) if d else 1 for d in away if d <= half), 1))
        for start, end in segments:
            if groups and groups[-1][1] + half > start - half:
                groups[-1][1] = end
            else:
                groups.append([start, end])
        before = area = 0
        for level in np.sort(scores)[::-1][ranks]:
            claimed = [t for t in range(n) if scores[t] >= level]
            hits = sum(weights[t] for t in claimed)
            positives = (2 * sum(labels) + sum(weights[t] for t in claimed if not labels[t])) / 2
            found = sum(any(s - half <= t < e + half for t in claimed) for s, e in groups) / len(groups)
            recall = min(hits / positives, 1) * found
            area += (recall - before) * hits / len(claimed)
            before = recall
        areas.append(area)
    return np.mean(areas)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=25), st.integers(0, 9))
def test_vus_of_tsb_ad_is_that_of_its_definition(points, max_buffer):
    scores, labels = (np.array(column) for column in zip(*points, strict=True))
    assume(0 < labels.sum() < len(labels))
    expected = tsb_ad_by_loops(scores.astype(float), labels, max_buffer, 7)
    assert vus_pr_tsb_ad(scores.astype(float), labels, max_buffer, 7) == pytest.approx(expected, abs=1e-12)


def test_vus_of_tsb_ad_by_hand():
    """One anomaly in four points, whose neighbour on the right scores highest; all scores are thresholds."""
    labels, scores = np.array([0, 1, 0, 0], dtype=bool), np.array([0.1, 0.8, 0.9, 0.2])
    # Buffers of 0 and 1 reach no neighbour: recall 1 at a precision of 1/2. One of 2 reaches both, with the
    # weight w: first w of 1 + w/2 positives, found, at a precision of w; then min((1 + w) / (1 + w/2), 1) = 1
    # at a precision of (1 + w) / 2.
    w = np.sqrt(1 / 2)
    first = w / (1 + w / 2)
    area = first * w + (1 - first) * (1 + w) / 2
    assert vus_pr_tsb_ad(scores, labels, 2, 4) == pytest.approx((1 / 2 + 1 / 2 + area) / 3, abs=1e-15)


def test_perfect_scores_get_1_of_tsb_ad_and_less_by_the_definition_of_2022(noisy):
    _, labels = noisy
    assert vus_pr_tsb_ad(labels.astype(float), labels) == pytest.approx(1, abs=1e-12)
    assert vus_pr(labels.astype(float), labels) < 0.95


def test_both_vus_set_the_same_scores_in_the_same_order(noisy):
    labels = noisy[1]
    random = np.random.default_rng(3)
    scores = [labels * signal + random.random(3000) for signal in (0, 0.5, 1)]
    for metric in (vus_pr, vus_pr_tsb_ad):
        assert sorted(values := [metric(one, labels) for one in scores]) == values


@pytest.mark.parametrize("metric", [best_f1, auc_roc, auc_pr, vus_pr, vus_pr_tsb_ad])
@pytest.mark.parametrize("label", [False, True])
def test_labels_of_one_class_are_an_error(metric, label):
    with pytest.raises(SpecarError, match="need anomalies and normal points"):
        metric(SCORES, np.full(4, label))
