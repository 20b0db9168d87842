"""Forecasts of M4 that need no training: last value, seasonal naive and the competition's Naive2."""

from __future__ import annotations

import numpy as np

from specar.metrics.short_term import Floats, Offsets, require_lengths

# Quantile of the standard normal distribution: a two-sided test at 10 %.
_CRITICAL = 1.645


def last_value(values: Floats, offsets: Offsets, horizon: int) -> Floats:
    """Return the last value of each series, repeated.

    Parameters
    ----------
    values
        The in-sample series, one after the other, of shape (points,).
    offsets
        int64 (series + 1,); series i is ``values[offsets[i]:offsets[i + 1]]``.
    horizon
        Steps to forecast.

    Returns
    -------
    float64 array (series, horizon)

    Raises
    ------
    SpecarError
        A series has no values.
    """
    return seasonal_naive(values, offsets, 1, horizon)


def seasonal_naive(values: Floats, offsets: Offsets, m: int, horizon: int) -> Floats:
    """Return the last ``m`` values of each series, repeated; else as :func:`last_value`.

    Raises
    ------
    SpecarError
        A series has fewer than ``m`` values.
    """
    require_lengths(offsets, m)
    steps = np.arange(horizon) % m - m
    return np.asarray(values[offsets[1:, None] + steps], dtype=np.float64)


def naive2(values: Floats, offsets: Offsets, m: int, horizon: int) -> Floats:
    """Return the forecasts of Naive2, the competition's benchmark.

    The last value of the seasonally adjusted series, times the seasonal factors of a classical
    multiplicative decomposition; the plain last value where no season of ``m`` steps is found
    (autocorrelation test at 10 %; Makridakis et al., International Journal of Forecasting 36(1), 2020).

    Parameters
    ----------
    values, offsets, horizon
        As for :func:`last_value`.
    m
        Steps in a season; with 1 nothing is adjusted.

    Returns
    -------
    float64 array (series, horizon)
        The last value also for a series with values of 0 or below, for which multiplicative factors
        mean nothing (R decomposes it all the same; M4 has none).

    Raises
    ------
    SpecarError
        A series has no values.
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
