"""Calendar features of time stamps, each scaled to [-0.5, 0.5]."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def hourly_time_features(dates: pd.DatetimeIndex) -> npt.NDArray[np.float32]:
    """Return the hour of the day, and the day of the week, the month and the year: float32 (rows, 4).

    Each runs from -0.5 (midnight, Monday, the 1st, 1 January) to 0.5 (23 h, Sunday, the 31st, day 366 of a
    leap year).
    """
    features = [
        dates.hour / 23,
        dates.day_of_week / 6,
        (dates.day - 1) / 30,
        (dates.day_of_year - 1) / 365,
    ]
    stacked = np.stack([np.asarray(feature, dtype=np.float64) for feature in features], axis=1)
    return (stacked - 0.5).astype(np.float32)
