"""The errors of the M4 competition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from specar.base.errors import SpecarError

Floats = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]


def smape(forecast: Floats, actual: Floats) -> Floats:
    """Return the symmetric mean absolute percentage error of each series, in percent (0 to 200).

    The mean over the horizon of ``200 |f - y| / (|f| + |y|)`` (Makridakis et al., International
    Journal of Forecasting 36(1), 2020); where both are 0 the error is 0.

    Parameters
    ----------
    forecast, actual
        Each of shape (series, horizon).

    Returns
    -------
    float64 array (series,)
    """
    size = np.abs(forecast) + np.abs(actual)
    errors = np.abs(forecast - actual) / np.where(size == 0, 1, size)
    return np.asarray(200 * errors.mean(axis=1), dtype=np.float64)


def mase(forecast: Floats, actual: Floats, insample_scale: Floats) -> Floats:
    """Return the mean absolute scaled error of each series.

    Parameters
    ----------
    forecast, actual
        Each of shape (series, horizon).
    insample_scale
        Of shape (series,), from :func:`seasonal_scale`.

    Returns
    -------
    float64 array (series,)

    Raises
    ------
    SpecarError
        A scale is 0. The competition's code divides by it all the same; none of its series needs that.
    """
    if (insample_scale == 0).any():
        raise SpecarError(
            f"MASE of series {np.flatnonzero(insample_scale == 0)[0]} (counted from 0) is undefined: "
            "the series repeats itself exactly; leave it out"
        )
    return np.asarray(np.abs(forecast - actual).mean(axis=1) / insample_scale, dtype=np.float64)


def seasonal_scale(values: Floats, offsets: Offsets, m: int) -> Floats:
    """Return the mean absolute difference over ``m`` steps of each series, the scale of MASE.

    Parameters
    ----------
    values
        The in-sample series, one after the other, of shape (points,).
    offsets
        Of shape (series + 1,); series i is ``values[offsets[i]:offsets[i + 1]]``.
    m
        Steps in a season.

    Returns
    -------
    float64 array (series,)
        0 for a series that repeats itself with period ``m``, for example a constant one.

    Raises
    ------
    SpecarError
        A series has fewer than ``m + 1`` values.
    """
    require_lengths(offsets, m + 1)
    changes = np.append(np.abs(values[m:] - values[:-m]), 0.0)
    # Pairs of bounds: differences from a series to the next one are in the parts that are left out.
    bounds = np.stack([offsets[:-1], offsets[1:] - m], axis=1)
    sums = np.add.reduceat(changes, bounds.ravel())[::2]
    return np.asarray(sums / (bounds[:, 1] - bounds[:, 0]), dtype=np.float64)


def owa(smape: float, mase: float, naive2_smape: float, naive2_mase: float) -> float:
    """Return the overall weighted average, ½ (sMAPE / sMAPE of Naive2 + MASE / MASE of Naive2).

    Parameters
    ----------
    smape, mase, naive2_smape, naive2_mase
        Means over the same series.
    """
    return 0.5 * (smape / naive2_smape + mase / naive2_mase)


def require_lengths(offsets: Offsets, least: int) -> None:
    """Raise SpecarError unless each series of ``offsets`` (series + 1,) has ``least`` values."""
    lengths = np.diff(offsets)
    if (lengths < least).any():
        short = int(np.flatnonzero(lengths < least)[0])
        raise SpecarError(
            f"series {short} (counted from 0) has {lengths[short]} values, {least} are needed: leave it out"
        )
