"""What is done to values when a dataset is prepared: standard scores and filled gaps."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from specar.base.errors import SpecarError

Doubles = npt.NDArray[np.float64]
_BLOCK = 1 << 16  # rows that are scaled at once, to save memory


def fit(train: Doubles, ddof: int = 0) -> tuple[Doubles, Doubles]:
    """Return mean and divisor (channels) of (rows, channels), as scikit-learn's StandardScaler chooses them.

    NaN is left out. The divisor is the standard deviation (``ddof`` 1: of the sample, 0: of the population),
    or 1 for a constant channel. The mean of a channel without any value is NaN.
    """
    gaps = np.isnan(train)
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):  # refused by scaled()
        warnings.simplefilter("ignore", RuntimeWarning)  # about a channel without any value
        if gaps.any():
            mean, variance = np.nanmean(train, axis=0), np.nanvar(train, axis=0, ddof=ddof)
        else:
            mean, variance = train.mean(axis=0), train.var(axis=0, ddof=ddof)
        # A constant channel's variance is not exactly 0 after rounding: the bound is scikit-learn's.
        rows, eps = len(train) - gaps.sum(axis=0), np.finfo(np.float64).eps
        constant = variance <= rows * eps * variance + (rows * mean * eps) ** 2
    return mean, np.where(constant, 1.0, np.sqrt(variance))


def scaled(
    name: str,
    values: npt.NDArray[np.floating[Any]],
    mean: Doubles,
    std: Doubles,
    columns: Sequence[str] | None = None,
) -> npt.NDArray[np.float32]:
    """Return standard scores (rows, channels), 0 (the mean) for missing values (NaN).

    ``name`` of the dataset and ``columns`` (None: numbers from 1) are for the message. Raises SpecarError: a
    value does not fit in float32.
    """
    scores = np.empty(values.shape, dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(values), _BLOCK):
            rows = slice(start, start + _BLOCK)
            scores[rows] = np.where(np.isnan(values[rows]), 0, (values[rows] - mean) / std)
    finite = np.isfinite(scores).all(axis=0)
    if not finite.all():
        channel = int(np.argmin(finite))
        column = columns[channel] if columns else str(channel + 1)
        raise SpecarError(f"dataset {name}: column {column!r} is too large to scale; rescale it in the file")
    return scores


def fill_gaps(values: Doubles, offsets: npt.NDArray[np.int64]) -> int:
    """Fill NaN of (steps, channels) in place by linear interpolation within each case; return how many.

    The ends get the nearest value that is there. A channel without any keeps its gaps. The
    (cases + 1) ``offsets`` are the starts of the cases and the end of the last one.
    """
    gaps = np.isnan(values)
    total = int(gaps.sum())
    if not total:
        return 0
    for start, end in pairwise(offsets):
        for channel in np.flatnonzero(gaps[start:end].any(axis=0)):
            series, missing = values[start:end, channel], gaps[start:end, channel]
            known = np.flatnonzero(~missing)
            if len(known):
                series[missing] = np.interp(np.flatnonzero(missing), known, series[known])
    return total
