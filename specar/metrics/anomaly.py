"""Point-wise anomaly detection metrics, with and without point adjustment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.metrics import auc

from specar.base.errors import SpecarError

Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Scores = npt.NDArray[np.floating[Any]]

_Value = TypeVar("_Value", bound=np.generic)


def overlapping(values: npt.NDArray[_Value], window: int, stride: int) -> npt.NDArray[_Value]:
    """Return what windows over labels or scores (n,) hold, one window after the other: (windows * window,).

    ``stride`` is the distance of their starts; points after the last whole window are left out. Raises
    SpecarError: there are fewer points than a window has.
    """
    if len(values) < window:
        raise SpecarError(f"{len(values)} points do not fill a window of {window}: set a shorter seq_len")
    return np.lib.stride_tricks.sliding_window_view(values, window)[::stride].reshape(-1)


def threshold(scores: Scores | Sequence[Scores], anomaly_ratio: float) -> float:
    """Return the score that ``anomaly_ratio`` percent (0 to 100) of the points exceed.

    That is ``numpy.percentile(scores, 100 - anomaly_ratio)`` with linear interpolation, of scores (n,) or of
    several such arrays together, as the published protocol takes train and test; it needs one copy of them.
    Raises SpecarError: a score is not a number.
    """
    joined = np.array(scores) if isinstance(scores, np.ndarray) else np.concatenate(scores)
    # From a Python float NumPy would compute the position in the float32 of the scores, some points off.
    percent = np.float64(100) - anomaly_ratio
    value = float(np.percentile(joined, percent, overwrite_input=True))
    if np.isnan(value):
        raise SpecarError("anomaly scores are not numbers: the model diverged, lower its learning rate")
    return value


def three_sigma(scores: Scores) -> float:
    """Return mean + 3 standard deviations of scores (n,): the limit of Shewhart's control charts."""
    return float(scores.mean(dtype=np.float64) + 3 * scores.std(dtype=np.float64))


def segments(labels: Flags) -> tuple[Counts, Counts]:
    """Return starts and ends (segments,) of runs of true labels (n,); a segment is ``labels[start:end]``."""
    edges = np.flatnonzero(np.diff(labels, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _hits(predicted: Flags, labels: Flags) -> tuple[Counts, Counts]:
    """Return the number of predicted points in each true segment, and the segments' lengths."""
    starts, ends = segments(labels)
    # Each sum runs to the next segment's start; the points in between are no hits.
    hits = np.add.reduceat(predicted & labels, starts, dtype=np.int64)
    return hits, ends - starts


def point_adjust(predicted: Flags, labels: Flags) -> Flags:
    """Return the predictions (n,) with every true segment of which a point is predicted set as a whole.

    Points outside the true segments stay as they are. This credits random scores with high F1 on long
    segments (Kim et al., AAAI 2022).
    """
    hits, lengths = _hits(predicted, labels)
    adjusted = predicted.copy()
    adjusted[labels] = np.repeat(hits > 0, lengths)
    return adjusted


def precision_recall_f1(predicted: Flags, labels: Flags) -> dict[str, float]:
    """Return ``precision``, ``recall`` and ``f1`` of (n,) as fractions; 0 where they are not defined."""
    hits, claims, truths = (int(np.count_nonzero(x)) for x in (predicted & labels, predicted, labels))
    precision, recall = hits / max(claims, 1), hits / max(truths, 1)
    return {"precision": precision, "recall": recall, "f1": 2 * hits / max(claims + truths, 1)}


def pa_k_auc(predicted: Flags, labels: Flags) -> float:
    """Return the area under F1 of (n,) over K = 0, 1, ..., 100 %, by trapezoids, divided by 100 (PA%K).

    A true segment is set as a whole when more than K % of its points are predicted: K = 0 is point
    adjustment, K = 100 plain F1 (Kim et al., "Towards a Rigorous Evaluation of Time-series Anomaly
    Detection", AAAI 2022).
    """
    hits, lengths = _hits(predicted, labels)
    # A segment is adjusted for each K below this; the points that it then gains are not predicted yet.
    bound = -(-100 * hits // np.maximum(lengths, 1))
    gained_at = np.bincount(bound, weights=lengths - hits, minlength=102)
    gained = gained_at.sum() - np.cumsum(gained_at)[:101]
    total = np.count_nonzero(predicted) + np.count_nonzero(labels)
    f1 = 2 * (hits.sum() + gained) / np.maximum(total + gained, 1)
    return float(auc(np.arange(101), f1) / 100)
