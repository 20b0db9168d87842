"""Anomaly detection metrics of the scores themselves, which need no threshold.

Scores and labels are (n,). All refuse labels that are all the same with a SpecarError.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from specar.base.errors import SpecarError
from specar.metrics.anomaly import Flags, Scores, segments


def require_both_classes(labels: Flags) -> None:
    """Refuse labels that are all the same: every score is right, or none."""
    if labels.all() or not labels.any():
        raise SpecarError("the test labels need anomalies and normal points: take another test part")


def best_f1(scores: Scores, labels: Flags) -> float:
    """Return the highest F1, as a fraction, that any threshold reaches; equal scores stay together."""
    require_both_classes(labels)
    precision, recall, _ = precision_recall_curve(labels, scores)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)))


def auc_roc(scores: Scores, labels: Flags) -> float:
    """Return the area under the receiver operating characteristic; equal scores count half."""
    require_both_classes(labels)
    return float(roc_auc_score(labels, scores))


def auc_pr(scores: Scores, labels: Flags) -> float:
    """Return the average precision: the area of steps under the precision-recall curve.

    By trapezoids it would be too high.
    """
    require_both_classes(labels)
    return float(average_precision_score(labels, scores))


def vus_pr(scores: Scores, labels: Flags, max_buffer: int = 100, step: int = 5) -> float:
    """Return the volume under the precision-recall surface (VUS-PR) as first published.

    The mean, over buffers of 0, 1, ..., ``max_buffer`` points, of the area by trapezoids under the
    range-based precision-recall curve, in which labels fade out over half a buffer on both sides of a segment
    (Paparrizos et al., PVLDB 15(11), 2022). Points of a buffer are missed where they are not predicted, so
    that scores that equal the labels stay below 1. Areas come from aeon, which takes 250 thresholds; equal
    scores throughout give 0, with a warning. 100 points are the window of the paper's experiments.

    Areas are computed for every ``step``-th buffer, with straight lines in between; 1 gives aeon's
    ``range_pr_vus_score``. On MSL 5 differs from it by less than 0.0001 and takes a fifth of the time; take
    an odd one, since even and odd buffers differ a little.
    """
    # Imported here: it takes seconds.
    from aeon.benchmarking.metrics.anomaly_detection import range_pr_auc_score

    require_both_classes(labels)
    # The last buffer is always among them.
    buffers = np.unique([*range(0, max_buffer + 1, step), max_buffer])
    truth, score = labels.astype(np.int64), scores.astype(np.float64)
    areas = [range_pr_auc_score(truth, score, int(buffer)) for buffer in buffers]
    return float(np.interp(np.arange(max_buffer + 1), buffers, areas).mean())


def vus_pr_tsb_ad(scores: Scores, labels: Flags, max_buffer: int = 100, thresholds: int = 250) -> float:
    """Return VUS-PR as the benchmark TSB-AD computes it (Liu and Paparrizos, NeurIPS 2024).

    Unlike `vus_pr`, points of a buffer count as positive only where they are predicted, and the area is one
    of steps, as `auc_pr`: scores that equal the labels give 1. A segment is found if a point of it or of its
    buffers is predicted; segments whose buffers meet count as one. So many scores, evenly spaced in rank,
    serve as ``thresholds``. 100 points are the default of TSB-AD; its leaderboard takes the period of each
    series instead.
    """
    require_both_classes(labels)
    order = np.argsort(-scores, kind="stable")
    levels = scores[order][np.linspace(0, len(scores) - 1, thresholds).astype(int)]
    claims = np.searchsorted(-scores[order], -levels, side="right")  # points at or above each level
    exact = np.cumsum(labels[order])[claims - 1]
    areas = []
    for buffer in range(max_buffer + 1):
        hits = np.cumsum(_faded(labels, buffer)[order])[claims - 1]
        recall = np.minimum(hits / (labels.sum() + (hits - exact) / 2), 1)
        recall *= (_peaks(scores, labels, buffer // 2)[:, None] >= levels).mean(axis=0)
        areas.append(np.sum(np.diff(recall, prepend=0) * hits / claims))
    return float(np.mean(areas))


def _faded(labels: Flags, buffer: int) -> npt.NDArray[np.float64]:
    """Labels (n,) that fade out over half a buffer on both sides of each segment."""
    faded, (starts, ends) = labels.astype(np.float64), segments(labels)
    for distance in range(1, buffer // 2 + 1):
        for points in (starts - distance, ends - 1 + distance):
            faded[points[(points >= 0) & (points < len(labels))]] += np.sqrt(1 - distance / buffer)
    return np.minimum(faded, 1)


def _peaks(scores: Scores, labels: Flags, reach: int) -> Scores:
    """The highest score of each segment and ``reach`` points on both sides, those that meet being one."""
    starts, ends = segments(labels)
    first = np.append(True, starts[1:] - reach >= ends[:-1] + reach)
    last = np.append(first[1:], True)
    bounds = np.stack([starts[first] - reach, ends[last] + reach], axis=1).clip(0, len(scores))
    # With one more score, so that an end may be that of all.
    return np.maximum.reduceat(np.append(scores, -np.inf), bounds.ravel())[::2]
