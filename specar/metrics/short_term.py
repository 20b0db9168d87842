"""Errors and benchmarks of the M4 competition (Makridakis et al., Int. J. of Forecasting 36(1), 2020).

Forecasts and what they are compared to are (series, horizon). In-sample series lie one after the other,
(points,): series i is ``values[offsets[i]:offsets[i + 1]]``, a season has ``m`` steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from specar.base.errors import SpecarError

Floats = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]
# Quantile of the standard normal distribution: a two-sided test at 10 %.
_CRITICAL = 1.645


def smape(forecast: Floats, actual: Floats) -> Floats:
    """Return the symmetric mean absolute percentage error (series,), in percent (0 to 200).

    The mean over the horizon of ``200 |f - y| / (|f| + |y|)``; where both are 0 the error is 0.
    """
    size = np.abs(forecast) + np.abs(actual)
    errors = np.abs(forecast - actual) / np.where(size == 0, 1, size)
    return np.asarray(200 * errors.mean(axis=1), dtype=np.float64)


def mase(forecast: Floats, actual: Floats, insample_scale: Floats) -> Floats:
    """Return the mean absolute error (series,) over the scale (series,) from :func:`seasonal_scale`.

    Raises SpecarError: a scale is 0. The competition's code divides by it all the same; none of its series
    needs that.
    """
    if (insample_scale == 0).any():
        raise SpecarError(
            f"MASE of series {np.flatnonzero(insample_scale == 0)[0]} (counted from 0) is undefined: "
            "the series repeats itself exactly; leave it out"
        )
    return np.asarray(np.abs(forecast - actual).mean(axis=1) / insample_scale, dtype=np.float64)


def seasonal_scale(values: Floats, offsets: Offsets, m: int) -> Floats:
    """Return the mean absolute difference over ``m`` steps of each series (series,), the scale of MASE.

    It is 0 for a series that repeats itself with period ``m``, such as a constant one. Raises SpecarError: a
    series has fewer than ``m + 1`` values.
    """
    require_lengths(offsets, m + 1)
    changes = np.append(np.abs(values[m:] - values[:-m]), 0.0)
    # Pairs of bounds: differences from a series to the next one are in the parts that are left out.
    bounds = np.stack([offsets[:-1], offsets[1:] - m], axis=1)
    sums = np.add.reduceat(changes, bounds.ravel())[::2]
    return np.asarray(sums / (bounds[:, 1] - bounds[:, 0]), dtype=np.float64)


def owa(smape: float, mase: float, naive2_smape: float, naive2_mase: float) -> float:
    """Return the overall weighted average, ½ (sMAPE / that of Naive2 + MASE / that of Naive2), of means."""
    return 0.5 * (smape / naive2_smape + mase / naive2_mase)


def require_lengths(offsets: Offsets, least: int) -> None:
    """Raise SpecarError unless each series of ``offsets`` (series + 1,) has ``least`` values."""
    lengths = np.diff(offsets)
    if (lengths < least).any():
        short = int(np.flatnonzero(lengths < least)[0])
        raise SpecarError(
            f"series {short} (counted from 0) has {lengths[short]} values, {least} are needed: leave it out"
        )


def last_value(values: Floats, offsets: Offsets, horizon: int) -> Floats:
    """Return the last value of each series, repeated; SpecarError: a series has no values."""
    return seasonal_naive(values, offsets, 1, horizon)


def seasonal_naive(values: Floats, offsets: Offsets, m: int, horizon: int) -> Floats:
    """Return the last ``m`` values of each series, repeated; SpecarError: a series has fewer."""
    require_lengths(offsets, m)
    steps = np.arange(horizon) % m - m
    return np.asarray(values[offsets[1:, None] + steps], dtype=np.float64)


def naive2(values: Floats, offsets: Offsets, m: int, horizon: int) -> Floats:
    """Return the forecasts of Naive2, the competition's benchmark; raises as :func:`last_value`.

    The last value of the seasonally adjusted series, times the seasonal factors of a classical
    multiplicative decomposition; the plain last value where no season is found (autocorrelation test at
    10 %), and for a series with values of 0 or below, for which multiplicative factors mean nothing (R
    decomposes it all the same; M4 has none).
    """
    forecasts = last_value(values, offsets, horizon)
    if m == 1:
        return forecasts
    from statsmodels.tsa.seasonal import seasonal_decompose  # slow to import, and only for this

    for i, series in enumerate(np.split(values, offsets[1:-1])):
        if series.min() > 0 and is_seasonal(series, m):
            factors = seasonal_decompose(series, "multiplicative", period=m).seasonal
            forecasts[i] *= factors[np.arange(horizon) % m - m] / factors[-1]
    return forecasts


def is_seasonal(series: Floats, m: int) -> bool:
    """Return whether a series (n,) of at least three seasons is correlated with itself ``m`` steps ago.

    The autocorrelation at lag ``m`` against ``1.645 sqrt((1 + 2 Σ_{i<m} r_i²) / n)``. A constant series
    has none.
    """
    if len(series) < 3 * m or series.min() == series.max():
        return False
    from statsmodels.tsa.stattools import acf  # as above

    r = acf(series, nlags=m)
    limit = _CRITICAL * np.sqrt((1 + 2 * np.sum(r[1:m] ** 2)) / len(series))
    return bool(abs(r[m]) > limit)
