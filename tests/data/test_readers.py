"""CSV files, good and bad."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specar.base.errors import SpecarError
from specar.data.download import fetch
from specar.data.readers import read_csv
from specar.data.registry import Dataset, builtin_datasets

Make = Callable[..., Dataset]

LINES = ["date,a,b", *(f"2020-01-{day:02},{day},{day / 4}" for day in range(1, 11))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "series.csv"


def changed(row: int, line: str) -> str:
    """The good file with one line replaced; row 0 is the header."""
    return "\n".join([*LINES[:row], line, *LINES[row + 1 :]]) + "\n"


def failure(path: Path, dataset: Dataset) -> str:
    with pytest.raises(SpecarError) as caught:
        read_csv(path, dataset)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_good_file(path: Path, make_dataset: Make) -> None:
    path.write_text("\n".join(LINES))
    table = read_csv(path, make_dataset())
    assert table.columns == ("a", "b")
    assert table.values.dtype == np.float64
    np.testing.assert_array_equal(table.values, [[day, day / 4] for day in range(1, 11)])
    assert list(table.dates) == [pd.Timestamp(2020, 1, day) for day in range(1, 11)]


@pytest.mark.parametrize(
    "text",
    [
        "\r\n".join(LINES) + "\r\n",
        "\ufeff" + "\n".join(LINES),
        "\n".join(LINES) + "\n\n",
        "\n".join([LINES[0], *(line + "," for line in LINES[1:])]),
        "\n".join(",".join([x, y, date]) for date, x, y in (line.split(",") for line in LINES)),
    ],
    ids=["CRLF", "byte order mark", "blank last line", "trailing commas", "date column last"],
)
def test_harmless_variants(path: Path, make_dataset: Make, text: str) -> None:
    path.write_bytes(text.encode())
    table = read_csv(path, make_dataset())
    assert table.columns == ("a", "b")
    np.testing.assert_array_equal(table.values, [[day, day / 4] for day in range(1, 11)])


def test_every_digit_is_kept(path: Path, make_dataset: Make) -> None:
    numbers = np.random.default_rng(0).normal(size=10) * 10.0 ** np.arange(-5, 5)
    path.write_text(
        "date,a\n" + "".join(f"2020-01-{day + 1:02},{x!r}\n" for day, x in enumerate(numbers.tolist()))
    )
    np.testing.assert_array_equal(read_csv(path, make_dataset(channels=1)).values[:, 0], numbers)


@pytest.mark.parametrize(
    ("dates", "step"),
    [
        (["1990/1/1 0:00", "1990/1/1 13:00", "1990/10/10 0:00"], "13h"),
        (["20200101", "20200102", "20200103"], "1D"),
        (["2020-01-01T00:00:00", "2020-01-01T00:15:00", "2020-01-01T00:30:00"], "15min"),
        (["30/06/2020", "01/07/2020", "02/07/2020"], "1D"),  # the first one says that the day is first
    ],
)
def test_date_formats(path: Path, make_dataset: Make, dates: list[str], step: str) -> None:
    path.write_text("date,a\n" + "".join(f"{date},1\n" for date in dates))
    one_each = make_dataset(channels=1, splits={"train": 1, "val": 1, "test": 1})
    read = read_csv(path, one_each).dates
    assert read[1] - read[0] == pd.Timedelta(step)


def test_header_with_replacement_characters(path: Path, make_dataset: Make) -> None:
    path.write_text(changed(0, "date,wv (\ufffd),PAR (\ufffdmol)"), encoding="utf-8")
    assert read_csv(path, make_dataset()).columns == ("wv (\ufffd)", "PAR (\ufffdmol)")


def test_equal_neighbouring_dates_are_allowed(path: Path, make_dataset: Make) -> None:
    path.write_text(changed(3, "2020-01-02,3,3"))  # as in the Weather file
    assert read_csv(path, make_dataset()).dates[2] == pd.Timestamp(2020, 1, 2)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (changed(0, "time,a,b"), ["no date column 'date'", "time, a, b", "date_column"]),
        ("date\n2020-01-01\n", ["no column besides 'date'"]),
        (changed(4, "2020-01-04,x1,1"), ["row 4 after the header, column 'a'", "'x1'"]),
        (changed(4, "2020-01-04,1,True"), ["row 4 after the header, column 'b'", "'True'"]),
        ("date,a\n2020-01-01,True\n2020-01-02,False\n", ["row 1 after the header, column 'a'", "'True'"]),
        (changed(4, "2020-01-04,1,0x1F"), ["row 4 after the header, column 'b'", "'0x1F'"]),
        (changed(5, "2020-01-05,1,"), ["row 5 after the header, column 'b'", "empty or NaN"]),
        (changed(5, "2020-01-05,nan,1"), ["row 5 after the header, column 'a'", "empty or NaN"]),
        (changed(5, "2020-01-05,1,-inf"), ["row 5 after the header, column 'b'", "'-inf'"]),
        (changed(5, "2020-01-05,1e999,1"), ["row 5 after the header, column 'a'"]),
        (
            changed(6, "2020-02-30,1,1"),
            ["row 6 after the header, column 'date'", "'2020-02-30' is not a date"],
        ),
        (changed(6, ",1,1"), ["row 6 after the header, column 'date'", "empty or NaN cell is not a date"]),
        (changed(6, "06/01/2020,1,1"), ["row 6 after the header, column 'date'", "'06/01/2020'"]),
        (changed(7, "2020-01-05,1,1"), ["row 7 after the header", "2020-01-05 is before 2020-01-06", "sort"]),
        (changed(10, "2020-01-10"), ["row 10 after the header, column 'a'", "empty"]),
        (changed(10, "2020-01-10,1,1,1"), ["Expected 3 fields in line 11, saw 4"]),
        (changed(1, "2020-01-01,1,1,1"), ["more cells than the header"]),
        (changed(3, '2020-01-03,"1,1'), ["not a valid CSV", "EOF inside string"]),
        ("", ["is empty"]),
        ("\n\n", ["is empty"]),
        (LINES[0] + "\n", ["has 0 rows", "need 10"]),
        ("\n".join(LINES[:-1]), ["has 9 rows", "need 10"]),
    ],
)
def test_defects(path: Path, make_dataset: Make, text: str, parts: list[str]) -> None:
    path.write_text(text)
    dataset = make_dataset(channels=None)
    message = failure(path, dataset)
    for part in parts:
        assert part in message


def test_mixed_time_zones(path: Path, make_dataset: Make) -> None:
    path.write_text("date,a\n2020-03-29T01:00+01:00,1\n2020-03-29T03:00+02:00,1\n")
    assert "several time zones (+0100, +0200); write all in UTC" in failure(path, make_dataset(channels=1))


def test_day_first_dates_are_read_as_the_same_days_in_iso(path: Path, make_dataset: Make) -> None:
    dates = pd.date_range("1990-01-01", periods=48, freq="MS")
    dataset = make_dataset(channels=1, splits={"train": 30, "val": 9, "test": 9})
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y"):
        path.write_text("date,a\n" + "".join(f"{date.strftime(form)},1\n" for date in dates))
        assert (read_csv(path, dataset).dates == dates).all()
    path.write_text("date,a\n" + "".join(f"{date.strftime('%d/%m/%Y')},1\n" for date in dates[:11]))
    small = {"channels": 1, "splits": {"train": 5, "val": 3, "test": 3}}
    assert "set date_format of the dataset" in failure(path, make_dataset(**small))
    given = read_csv(path, make_dataset(**small, date_format="%d/%m/%Y"))
    assert (given.dates == dates[:11]).all()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_row_numbers_that_pandas_wrote_are_no_channel(path: Path, make_dataset: Make, times: int) -> None:
    path.write_text("\n".join(LINES))
    for _ in range(times):
        pd.read_csv(path).to_csv(path)
    message = failure(path, make_dataset(channels=None))
    assert "column 1 has no name" in message
    assert "to_csv with index=False" in message


@pytest.mark.parametrize(
    "header", ["date,a,", "date, ,b", '"date","","b"', "date,Unnamed: 0,b", "date,a,Unnamed: 7"]
)
def test_columns_without_a_name(path: Path, make_dataset: Make, header: str) -> None:
    path.write_text(changed(0, header))
    assert "has no name" in failure(path, make_dataset())


def test_dates_may_be_an_index_without_a_name(path: Path, make_dataset: Make) -> None:
    path.write_text(changed(0, ",a,b"))
    assert read_csv(path, make_dataset(date_column="Unnamed: 0")).columns == ("a", "b")


@pytest.mark.parametrize(
    ("row", "line"), [(3, "2020-01-03,1\x0000.25,1"), (5, "2020-01-05\0,1,1"), (0, "date,a\0b,c")]
)
def test_a_nul_cuts_no_cell(path: Path, make_dataset: Make, row: int, line: str) -> None:
    path.write_text(changed(row, line))
    assert f"line {row + 1} has a NUL byte" in failure(path, make_dataset())


@pytest.mark.parametrize(
    ("mark", "decimal", "name"),
    [
        (";", ",", "semicolons"),
        (";", ".", "semicolons"),
        ("\t", ",", "tabs"),
        ("|", ".", "vertical bars"),
    ],
)
def test_other_marks_between_cells(
    path: Path, make_dataset: Make, mark: str, decimal: str, name: str
) -> None:
    path.write_text("\n".join(line.replace(",", mark).replace(".", decimal) for line in LINES))
    message = failure(path, make_dataset())
    assert f"has {name} between its cells; write commas there, and points in decimal numbers" in message
    path.write_text(changed(0, "date,a;x,b"))
    assert read_csv(path, make_dataset()).columns == ("a;x", "b")


def test_number_of_columns(path: Path, make_dataset: Make) -> None:
    path.write_text("\n".join(LINES))
    assert "has 2 value columns (a, b), not 3" in failure(path, make_dataset(channels=3))
    path.write_text("date," + ",".join(f"c{index}" for index in range(300)))
    assert "300 value columns (c0, c1, c2, c3, c4, c5, c6, c7, c8, …, c299), not 3" in failure(
        path, make_dataset(channels=3)
    )


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"date,a\xb0,b\n2020-01-01,1,1\n", "line 1, byte 0xb0"),
        (b"date,a,b\n2020-01-01,1,1\n2020-01-02,1\xff,1\n", "line 3, byte 0xff"),
    ],
)
def test_undecodable_bytes(path: Path, make_dataset: Make, content: bytes, where: str) -> None:
    path.write_bytes(content)
    assert f"not UTF-8 text ({where})" in failure(path, make_dataset())


def test_too_short_for_shares(path: Path, make_dataset: Make) -> None:
    path.write_text("\n".join(LINES[:5]))
    shares = make_dataset(splits={"train": 0.7, "val": 0.1, "test": 0.2})
    assert "4 rows, too few for a train, a val and a test part" in failure(path, shares)


def test_missing_file(path: Path, make_dataset: Make) -> None:
    assert "No such file" in failure(path, make_dataset())


@pytest.mark.skipif(not os.environ.get("SPECAR_MIRROR"), reason="needs the files of SPECAR_MIRROR")
@pytest.mark.parametrize(
    ("name", "rows", "first"),
    [
        ("ETTh1", 17420, "2016-07-01 00:00"),
        ("ETTm2", 69680, "2016-07-01 00:00"),
        ("Weather", 52696, "2020-01-01 00:10"),
        ("Exchange", 7588, "1990-01-01 00:00"),
        ("ILI", 966, "2002-01-01 00:00"),
    ],
)
def test_real_files(tmp_path: Path, name: str, rows: int, first: str) -> None:
    dataset = builtin_datasets()[name]
    offline = dataset.model_copy(update={"files": [dataset.files[0].model_copy(update={"urls": []})]})
    [path] = fetch(name, offline, tmp_path, os.environ["SPECAR_MIRROR"])
    table = read_csv(path, dataset)
    assert table.values.shape == (rows, dataset.channels)
    assert table.dates[0] == pd.Timestamp(first)
    assert table.columns[-1] == "OT"
