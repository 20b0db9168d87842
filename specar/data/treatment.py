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
    """Return the mean and the divisor of each channel, as scikit-learn's StandardScaler chooses them.

    Parameters
    ----------
    train
        Values (rows, channels); NaN: missing, and left out.
    ddof
        1: the divisor is the sample standard deviation, not that of the population.

    Returns
    -------
    mean, divisor
        Each (channels). The divisor is the standard deviation; 1 for a constant channel. The mean
        of a channel without any value is NaN.
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
    """Return standard scores (rows, channels), 0 (the mean) for missing values.

    Parameters
    ----------
    name
        Name of the dataset, for messages.
    values
        Values (rows, channels); NaN: missing.
    mean, std
        Each (channels).
    columns
        Names of the channels; None: numbers from 1.

    Raises
    ------
    SpecarError
        A value does not fit in float32.
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
    """Fill NaN in place by linear interpolation, within each case and channel.

    The ends get the nearest value that is there. A channel without any keeps its gaps.

    Parameters
    ----------
    values
        Values (steps, channels) of all cases, one after the other.
    offsets
        int64 (cases + 1), starts of the cases and the end of the last one.

    Returns
    -------
    int
        Number of values filled in.
    """
    gaps = np.isnan(values)
    total = int(gaps.sum())
    if not total:
        return 0
    for start, end in pairwise(offsets):
        for channel in np.flatnonzero(gaps[start:end].any(axis=0)):
            _fill(values[start:end, channel], gaps[start:end, channel])
    return total


def _fill(channel: Doubles, gaps: npt.NDArray[np.bool_]) -> None:
    known = np.flatnonzero(~gaps)
    if len(known):
        channel[gaps] = np.interp(np.flatnonzero(gaps), known, channel[known])
