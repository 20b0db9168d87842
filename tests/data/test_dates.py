"""Dates: what a column settles itself, and what it does not."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from specar.base.errors import SpecarError
from specar.data.readers.dates import read_dates

FILE = Path("series.csv")


def column(cells: list[str]) -> pd.Series:
    return pd.Series(cells, name="date", dtype=str)


def written(dates: pd.DatetimeIndex, form: str) -> pd.Series:
    return column([date.strftime(form) for date in dates])


def refusal(cells: list[str], date_format: str | None = None) -> str:
    with pytest.raises(SpecarError) as caught:
        read_dates(FILE, column(cells), date_format)
    assert "\n" not in str(caught.value)
    assert "series.csv" in str(caught.value)
    assert "date" in str(caught.value)
    return str(caught.value)


SERIES = {
    "yearly": pd.date_range("1990-01-01", periods=30, freq="YS"),
    "half-yearly": pd.date_range("1990-01-01", periods=30, freq="6MS"),
    "quarterly": pd.date_range("1990-01-01", periods=40, freq="QS"),
    "monthly": pd.date_range("1990-01-01", periods=60, freq="MS"),
    "monthly, the 5th": pd.date_range("1990-01-01", periods=60, freq="MS") + pd.Timedelta(days=4),
    "ends of months": pd.date_range("1990-01-31", periods=60, freq="ME"),
    "daily": pd.date_range("2016-01-01", periods=60),
    "hourly within days 1 to 12": pd.date_range("2016-03-01", periods=12 * 24, freq="h"),
    "15 minutes": pd.date_range("2016-03-05", periods=200, freq="15min"),
}
FORMS = [
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%m-%d-%y",
    "%Y/%m/%d",
    "%d-%b-%y",
    "%d %B %Y",
]


@pytest.mark.parametrize("dates", SERIES.values(), ids=list(SERIES))
@pytest.mark.parametrize("form", FORMS)
def test_the_steps_tell_day_and_month_apart(dates: pd.DatetimeIndex, form: str) -> None:
    assert read_dates(FILE, written(dates, f"{form} %H:%M")).equals(pd.DatetimeIndex(list(dates)))


@pytest.mark.parametrize("time", [" %H:%M:%S", "T%H:%M", " %I:%M %p", " %H:%MZ", " %H:%M +0100"])
def test_so_with_any_time_of_the_day(time: str) -> None:
    dates = SERIES["hourly within days 1 to 12"]
    read = read_dates(FILE, written(dates, f"%d/%m/%Y{time}"))
    assert (read.tz_localize(None) == dates).all()


@settings(max_examples=40, deadline=None)
@given(
    st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2030-01-01")),
    st.integers(1, 10**7),
    st.integers(2, 40),
    st.sampled_from(FORMS),
    st.sampled_from(FORMS),
)
def test_what_is_read_is_what_was_written_or_nothing(
    start: pd.Timestamp, step: int, rows: int, form: str, other: str
) -> None:
    dates = pd.date_range(start.replace(microsecond=0), periods=rows, freq=f"{step}s")
    assume(dates[-1].year < 2036)
    with suppress(SpecarError):
        assert (read_dates(FILE, written(dates, f"{form} %H:%M:%S")) == dates).all()
    assert (read_dates(FILE, written(dates, f"{other} %H:%M:%S"), f"{other} %H:%M:%S") == dates).all()


@pytest.mark.parametrize(
    ("cells", "ways"),
    [
        (
            [f"{day:02}/01/2016" for day in range(1, 13)],
            "'02/01/2016' can be 2 January 2016 or 1 February 2016",
        ),
        (["01/07/1990", "01/07/1991", "01/07/1992"], "'01/07/1990' can be 1 July 1990 or 7 January 1990"),
        (["01/02/2016 10:00", "01/02/2016 11:00"], "can be 1 February 2016 or 2 January 2016"),
        (["01/02/2016", "03/02/2016", "04/02/2016"], "can be 1 February 2016 or 2 January 2016"),
        (["16-01-01", "16-01-02", "16-01-03"], "'16-01-01' can be 16 January 2001 or 1 January 2016"),
        (["05-Mar-16", "06-Mar-16", "07-Mar-16"], "'05-Mar-16' can be 5 March 2016 or 16 March 2005"),
    ],
)
def test_an_ambiguous_column_is_refused(cells: list[str], ways: str) -> None:
    message = refusal(cells)
    assert ways in message
    assert "set date_format of the dataset" in message


def test_a_file_sorted_as_text_is_not_read_in_the_order_that_fits() -> None:
    monthly = sorted(written(SERIES["monthly"], "%d/%m/%Y"))
    assert "set date_format" in refusal(monthly)
    assert "is before" in refusal(monthly, "%d/%m/%Y")


@pytest.mark.parametrize(
    ("cells", "part"),
    [
        (
            ["10:00:00", "10:00:01"],
            "row 1 after the header, column 'date': '10:00:00' has no date beside the time",
        ),
        (["00:01", "00:02"], "has no date beside the time"),
        (["now", "now"], "'now' has no date"),
        (
            ["2020-01-01", "today"],
            "row 2 after the header, column 'date': 'today' is not a date in the form of row 1",
        ),
        (["13/01/2020", "Now"], "'Now' is not a date"),
        (["Monday", "Tuesday"], "'Monday' is not in a form that can be read"),
        (["Jan 5", "Jan 6"], "'Jan 5' is not in a form"),
        (
            ["Jan-20", "Feb-20"],
            "'Jan-20' is not in a form that can be read; write 2020-01-31 14:00:00, or set date_f",
        ),
        (["foo", "bar"], "row 1 after the header, column 'date': 'foo' is not in a form that can be read"),
        (["1577836800", "1577840400"], "'1577836800' is a Unix time or another number, not a date"),
        (["1577836800.0", "1577836801.0"], "is a Unix time or another number, not a date"),
        (["0", "1"], "'0' is a number, not a date"),
        (["2020-01-01 00:00 CET", "2020-01-01 01:00 CET"], "names a time zone, CET; leave it out"),
        (["2020-01-01 00:00 Europe/Berlin"] * 2, "names a time zone, Europe/Berlin; leave it out"),
        (
            ["2020-01-01 00:00+01:00", "2020-01-01 01:00+02:00"],
            "several time zones (+0100, +0200); write all in UTC",
        ),
        (["2020-01-01 00:00Z", "2020-01-01 01:00"], "several time zones (UTC, none)"),
        (["32/01/2020", "33/01/2020"], "row 1 after the header, column 'date': '32/01/2020' is not a date"),
        (
            ["13/01/2020", "01/14/2020"],
            "row 2 after the header, column 'date': '01/14/2020' is not a date in the",
        ),
        (["13/01/2020", "14-01-2020"], "'14-01-2020' is not a date in the form of row 1, '13/01/2020'"),
        (
            ["14/01/2020", "13/01/2020"],
            "13/01/2020 is before 14/01/2020 in the row above; sort the rows by date",
        ),
        (
            ["01/01/60", "01/02/60", "01/03/60"],
            "'01/01/60' does not tell its century; write years with four digits",
        ),
    ],
)
def test_each_fault_has_its_own_sentence(cells: list[str], part: str) -> None:
    assert part in refusal(cells)


@pytest.mark.parametrize(
    ("cells", "last"),
    [
        (["2020-01-01T00:00+01:00", "2020-01-01T01:00+01:00"], "2020-01-01 01:00+01:00"),
        (["2020-01-01 00:00Z", "2020-01-01 01:00+00:00"], "2020-01-01 01:00+00:00"),
        (["2020Q1", "2020Q2"], "2020-04-01"),
        (["1990", "1991"], "1991-01-01"),
        (["01/1990", "02/1990"], "1990-02-01"),
        (["Jan 1990", "Feb 1990"], "1990-02-01"),
        (["20200101T0000", "20200101T0100"], "2020-01-01 01:00"),
        (["Wed, 01 Jan 2020 00:00:00", "Thu, 02 Jan 2020 00:00:00"], "2020-01-02"),
        (["202001010000", "202001010015"], "2020-01-01 00:15"),
    ],
)
def test_forms_that_mean_one_thing(cells: list[str], last: str) -> None:
    assert read_dates(FILE, column(cells))[-1] == pd.Timestamp(last)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "US/Eastern"])
@pytest.mark.parametrize("step", ["5min", "10min", "15min", "30min"])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"])
def test_sorting_is_no_advice_at_the_end_of_summer_time(zone: str, step: str, form: str) -> None:
    dates = pd.date_range("2020-10-24", "2020-11-02", freq=step, tz=zone)
    message = refusal(list(written(dates, form)))
    assert "in an hour that is there twice, as at the end of summer time; write the dates in UTC" in message
    assert "sort" not in message
    assert (read_dates(FILE, written(dates.tz_convert("UTC"), form)) == dates.tz_convert(None)).all()


def test_a_date_that_is_there_twice_passes_with_a_warning_of_its_row(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hourly = pd.date_range("2020-10-24", "2020-10-26", freq="h", tz="Europe/Berlin")
    with caplog.at_level(logging.WARNING):
        assert len(read_dates(FILE, written(hourly, "%Y-%m-%d %H:%M"))) == len(hourly)
    [message] = caplog.messages
    assert message.startswith(
        "series.csv, row 28 after the header, column 'date': 2020-10-25 02:00 as in the row above"
    )
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        read_dates(FILE, column(["2020-01-01", "2020-01-02", "2020-01-03"]))
    assert not caplog.messages


def test_a_format_is_kept_to() -> None:
    assert read_dates(FILE, column(["01/02/2016", "02/02/2016"]), "%d/%m/%Y")[1] == pd.Timestamp(2016, 2, 2)
    assert read_dates(FILE, column(["Jan-20", "Feb-20"]), "%b-%y")[1] == pd.Timestamp(2020, 2, 1)
    message = refusal(["12/01/2016", "13/01/2016"], "%m/%d/%Y")
    assert "row 2 after the header, column 'date': '13/01/2016' is not a date as '%m/%d/%Y'" in message
    assert "'now' is not a date as" in refusal(["01/02/2016", "now"], "%d/%m/%Y")
