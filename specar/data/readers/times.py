"""The time columns of anomaly-detection tables: rows in order, and labels of the very test rows."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from specar.base.errors import SpecarError
from specar.data.readers.cells import Flags, first, place_of, shown
from specar.data.readers.date_forms import readings
from specar.data.readers.dates import check_order

_log = logging.getLogger(__name__)


def check_times(path: Path, times: pd.Series[Any]) -> None:
    """Refuse rows (rows,) that go back in time; where times cannot be read, warn that this is not checked."""
    if not (found := _readings(times)):
        _log.warning("%s, column %r: not numbers or dates, their order is not checked", path, times.name)
        return
    # Whether day or month comes first does not matter: times are no values.
    in_order = (one for one in found if one.is_monotonic_increasing)
    check_order(path, times, next(in_order, found[0]))


def check_same_times(path: Path, times: pd.Series[Any], other_path: Path, other: pd.Series[Any]) -> None:
    """Refuse rows of a file whose times are not those of the same rows of another file.

    Rows that only one of them has do not count.
    """
    rows = min(len(times), len(other))
    differ = _differences(times[:rows], other[:rows])
    if (bad := first(differ)) is not None:
        raise SpecarError(
            f"{place_of(path, bad, times.name)}: {shown(times, bad)}, but {shown(other, bad)} in that row of "
            f"{other_path}; use files whose rows belong together, in one order"
        )


def _differences(times: pd.Series[Any], other: pd.Series[Any]) -> Flags:
    if times.dtype.kind in "iuf" and other.dtype.kind in "iuf":
        return ((times != other) & ~(times.isna() & other.isna())).to_numpy()
    texts, others = (column.astype(str).str.strip() for column in (times, other))
    found = [(texts != others).to_numpy()]
    if found[0].any():  # 10:00 and 10:00:00 are the same
        found += [np.asarray(one != two) for one in readings(texts) for two in readings(others)]
    return min(found, key=np.count_nonzero)


def _readings(times: pd.Series[Any]) -> list[pd.Index[Any]]:
    if times.dtype.kind in "iuf":
        return [pd.Index(times)]
    texts = times.astype(str).str.strip()
    if found := readings(texts):
        return [*found]
    moments = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")  # of several time zones
    return [] if moments.isna().any() else [pd.DatetimeIndex(moments)]
