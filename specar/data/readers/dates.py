"""The date or time column of a file: what it does not settle itself is refused, not guessed."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from specar.base.errors import SpecarError
from specar.data.readers.cells import Flags, first, place_of, shown
from specar.data.readers.date_forms import CLOCK, NAMED_ZONE, NUMBER, candidates, parsed, readings, zones

_log = logging.getLogger(__name__)
_LATEST = 2035  # of years with two digits: '36 may be 1936 or 2036


def read_dates(path: Path, column: pd.Series[str], date_format: str | None = None) -> pd.DatetimeIndex:
    """Return the time stamps (rows,), in the time zone that they are written in.

    Whether day or month comes first is settled by days after the 12th, else by the steps between rows: in one
    reading, and no other, they are all the same, in seconds or in months. ``column`` has NaN where there is
    no cell; ``date_format`` is as of ``strptime``; None: as the dates say themselves.

    Raises SpecarError: a cell is no date or has another form than the first, rows go back in time or differ
    in their zones, or the column can mean several things.
    """
    texts = column.str.strip()
    if not texts.isna().any() and len(names := zones(texts)) > 1:
        raise SpecarError(
            f"{path}, column {column.name!r}: several time zones ({', '.join(names[:3])}); write all in UTC"
        )
    dates = parsed(texts, date_format) if date_format else _settled(path, column, texts)
    if (bad := first(np.asarray(dates.isna()))) is not None:
        raise SpecarError(
            f"{place_of(path, bad, column.name)}: {shown(column, bad)} is not a date as {date_format!r}; "
            "correct it, or date_format of the dataset"
        )
    check_order(path, column, dates)
    return dates


def check_order(path: Path, column: pd.Series[Any], times: pd.Index[Any]) -> None:
    """Refuse rows that go back in time; equal neighbours get a warning, for the Weather file has a pair."""
    steps = np.diff(times.asi8 if isinstance(times, pd.DatetimeIndex) else times.to_numpy())
    if (bad := first(steps < 0)) is not None:
        advice = (
            ", in an hour that is there twice, as at the end of summer time; write the dates in UTC"
            if _is_repeated(times, bad + 1)
            else "; sort the rows by date"
        )
        raise SpecarError(
            f"{place_of(path, bad + 1, column.name)}: {column.iloc[bad + 1]} is before {column.iloc[bad]} "
            f"in the row above{advice}"
        )
    if (same := np.flatnonzero(steps == 0)).size:
        more = f", and so in {same.size - 1} more rows" if same.size > 1 else ""
        _log.warning(
            "%s: %s as in the row above%s, a row that is there twice or the end of summer time; all are kept",
            place_of(path, int(same[0]) + 1, column.name),
            column.iloc[same[0] + 1],
            more,
        )


def _is_repeated(times: pd.Index[Any], row: int) -> bool:
    """Whether a clock was put back before a row: by less than an hour, to a time that was there."""
    if not isinstance(times, pd.DatetimeIndex) or times[row - 1] - times[row] >= pd.Timedelta(hours=1):
        return False
    return bool(times[row] in times[:row])


def _settled(path: Path, column: pd.Series[str], texts: pd.Series[str]) -> pd.DatetimeIndex:
    found = readings(texts) if len(texts) else [parsed(texts)]
    if not found:
        _refuse(path, column, texts)
    if not texts.str.contains(r"\d{4}").all():
        found = _of_a_century(path, column, found)
    settled = [dates for dates in found if _is_regular(dates)] if len(found) > 1 else found
    if not settled and texts.str.contains(r"^\d+\W[a-z]", case=False).all():
        # 01-Jan-20 is a day of 2020 or of 2001: by steps, or by order, which names of months rarely keep.
        settled = [dates for dates in found if dates.is_monotonic_increasing]
    if len(settled) != 1:
        row = int(np.argmax(found[0] != found[1]))
        ways = " or ".join(f"{dates[row].day} {dates[row].month_name()} {dates[row].year}" for dates in found)
        raise SpecarError(
            f"{place_of(path, row, column.name)}: {shown(column, row)} can be {ways}, which the steps "
            "between rows do not settle; set date_format of the dataset, such as '%d/%m/%Y %H:%M'"
        )
    return settled[0]


def _of_a_century(
    path: Path, column: pd.Series[str], found: list[pd.DatetimeIndex]
) -> list[pd.DatetimeIndex]:
    if plain := [dates for dates in found if dates.year.max() <= _LATEST]:
        return plain
    row = int(np.argmax(found[0].year > _LATEST))
    raise SpecarError(
        f"{place_of(path, row, column.name)}: {shown(column, row)} does not tell its century; write years "
        "with four digits, or set date_format of the dataset"
    )


def _is_regular(dates: pd.DatetimeIndex) -> bool:
    """Whether all steps are equal in seconds, or in months with the same day (or the last) and time."""
    steps = np.diff(dates.asi8)
    if not steps.size or steps.min() <= 0:
        return False
    if (steps == steps[0]).all():
        return True
    months = np.diff(dates.year * 12 + dates.month)
    days = np.minimum(dates.day.max(), dates.days_in_month) == dates.day
    clock = dates - dates.normalize()
    return bool((months == months[0]).all() and months[0] > 0 and days.all() and (clock == clock[0]).all())


def _refuse(path: Path, column: pd.Series[str], texts: pd.Series[str]) -> NoReturn:
    """Say which row of a column without a reading is no date, and why."""
    fits, found = candidates(texts)
    rows = [bad for dates in found if (bad := first(np.asarray(dates.isna()))) is not None]
    row = first(~fits) if not fits.all() else max(rows)
    assert row is not None
    cell = str(texts.iloc[row])
    if pd.isna(texts.iloc[row]):
        problem = "is not a date; correct it"
    elif row:
        problem = (
            f"is not a date in the form of row 1, {shown(texts, 0)}; correct it, or write all in one form"
        )
    elif fits[row]:
        problem = "is not a date; correct it, or set date_format of the dataset"
    elif NUMBER.fullmatch(cell):
        kind = "a Unix time or another number" if len(cell) > 8 else "a number"
        problem = f"is {kind}, not a date; write 2020-01-31 14:00:00, or set date_format of the dataset"
    elif CLOCK.fullmatch(cell):
        problem = "has no date beside the time; write dates such as 2020-01-31 14:00:00"
    elif named := NAMED_ZONE.fullmatch(cell):
        problem = f"names a time zone, {named[1]}; leave it out, or write the offset, such as +01:00"
    else:
        problem = (
            "is not in a form that can be read; write 2020-01-31 14:00:00, or set date_format of the dataset"
        )
    raise SpecarError(f"{place_of(path, row, column.name)}: {shown(column, row)} {problem}")


def check_times(path: Path, times: pd.Series[Any]) -> None:
    """Refuse rows (rows,) without a time, or that go back in time; warn of times that cannot be read."""
    if (bad := first(times.isna().to_numpy())) is not None:
        raise SpecarError(f"{place_of(path, bad, times.name)}: {shown(times, bad)} is no time; correct it")
    if not (found := _meanings(times)):
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


def _meanings(times: pd.Series[Any]) -> list[pd.Index[Any]]:
    if times.dtype.kind in "iuf":
        return [pd.Index(times)]
    texts = times.astype(str).str.strip()
    if found := readings(texts):
        return [*found]
    moments = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")  # of several time zones
    return [] if moments.isna().any() else [pd.DatetimeIndex(moments)]
