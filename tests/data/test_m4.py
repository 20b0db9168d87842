"""The files of the M4 competition, good and bad."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specar.base.errors import SpecarError
from specar.data.readers import M4Series, read_m4
from specar.data.registry import M4Dataset, builtin_datasets

TRAIN = '"V1","V2","V3","V4"\n"Y1","1","2.5",\n"Y2","3",,\n"Y3","4","5","-6e1"\n'
TEST = '"V1","V2","V3"\n"Y1","7","8"\n"Y2","9","10"\n"Y3","11","12"\n'


def entry(**changes: object) -> M4Dataset:
    values = {
        "title": "Toy",
        "licence": "none",
        "source": "a test",
        "folder": "toy",
        "files": [{"name": "train.csv"}, {"name": "test.csv"}],
        "format": "m4",
        "horizon": 2,
        "seasonality": 4,
    }
    return M4Dataset.model_validate({**values, **changes})


def read(folder: Path, train: str = TRAIN, test: str = TEST, **changes: object) -> M4Series:
    (folder / "train.csv").write_text(train)
    (folder / "test.csv").write_text(test)
    return read_m4(folder / "train.csv", folder / "test.csv", entry(**changes))


@pytest.mark.parametrize(
    "train",
    [
        TRAIN,
        TRAIN.replace("\n", "\r\n"),
        TRAIN.replace('"', ""),
        TRAIN.replace(",\n", '\n"').replace('\n""', '\n"'),
        TRAIN.replace('"3",,', '"3","",""'),
        "\ufeff" + TRAIN + "\n",
    ],
    ids=[
        "as in the competition",
        "CRLF",
        "no quotes",
        "no empty cells",
        "quoted empty cells",
        "byte order mark",
    ],
)
def test_good_file(tmp_path: Path, train: str) -> None:
    series = read(tmp_path, train, series=3)
    assert series.ids == ["Y1", "Y2", "Y3"]
    np.testing.assert_array_equal(series.train_values, [1, 2.5, 3, 4, 5, -60])
    np.testing.assert_array_equal(series.train_offsets, [0, 2, 3, 6])
    np.testing.assert_array_equal(series.test_values, [[7, 8], [9, 10], [11, 12]])
    assert (series.train_values.dtype, series.train_offsets.dtype, series.test_values.dtype) == (
        np.float64,
        np.int64,
        np.float64,
    )


def test_test_rows_are_found_by_their_id(tmp_path: Path) -> None:
    header, *rows = TEST.splitlines()
    shuffled = "\n".join([header, rows[2], rows[0], rows[1]])
    np.testing.assert_array_equal(read(tmp_path, test=shuffled).test_values, read(tmp_path).test_values)


@pytest.mark.parametrize(
    ("train", "test", "parts"),
    [
        (
            TRAIN.replace('"2.5"', '"x"'),
            TEST,
            ["train.csv, line 2, series 'Y1', column 3: 'x' is not a finite"],
        ),
        (TRAIN.replace('"2.5"', '"inf"'), TEST, ["column 3: 'inf' is not a finite number"]),
        (TRAIN.replace('"2.5"', "NA"), TEST, ["column 3: 'NA' is not a finite number"]),
        (TRAIN.replace('"5"', ""), TEST, ["train.csv, line 4, series 'Y3', column 3: the cell is empty"]),
        (TRAIN.replace('"3"', ""), TEST, ["line 3, series 'Y2' has no values"]),
        (TRAIN.replace("Y2", "Y1"), TEST, ["line 3, series 'Y1' is named twice"]),
        (TRAIN.replace("Y2", ""), TEST, ["line 3, series '' has no name"]),
        (TRAIN, TEST.replace("Y2", "Y9"), ["train.csv has 1 series that", "test.csv lacks, as 'Y2'"]),
        (TRAIN, TEST + '"Y4","1","2"\n', ["test.csv has 1 series that", "train.csv lacks, as 'Y4'"]),
        (TRAIN, TEST.replace(',"10"', ","), ["test.csv, series 'Y2' has 1 steps, not 2"]),
        (TRAIN, TEST.replace('"10"', '"10","11"'), ["test.csv, series 'Y2' has 3 steps, not 2"]),
        (TRAIN, TEST.replace('"9"', ""), ["test.csv, line 3, series 'Y2', column 2: the cell is empty"]),
        (TRAIN.split("\n", 1)[1], TEST, ["train.csv begins with values, not with a header"]),
        (TRAIN.split("\n", 1)[0], TEST, ["train.csv has no series"]),
        ("", TEST, ["train.csv is empty"]),
        (TRAIN + '"' + "x" * 200_000, TEST, ["train.csv, line", "field larger than field limit"]),
    ],
)
def test_defects(tmp_path: Path, train: str, test: str, parts: list[str]) -> None:
    with pytest.raises(SpecarError) as caught:
        read(tmp_path, train, test)
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_number_of_series(tmp_path: Path) -> None:
    with pytest.raises(SpecarError, match=r"train\.csv has 3 series, not 4"):
        read(tmp_path, series=4)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    read(tmp_path)
    with pytest.raises(SpecarError, match="No such file"):
        read_m4(tmp_path / "none.csv", tmp_path / "test.csv", entry())
    (tmp_path / "test.csv").write_bytes(b"\xff\xfe" * 10)
    with pytest.raises(SpecarError, match="not UTF-8"):
        read_m4(tmp_path / "train.csv", tmp_path / "test.csv", entry())


def table(rows: list[list[float]]) -> str:
    """A file of the competition: every row is as long as the longest of them."""
    longest = max(map(len, rows))
    names = ",".join(f'"V{i + 1}"' for i in range(longest + 1))
    lines = [
        ",".join([f'"S{i}"', *(f'"{value!r}"' for value in row), *[""] * (longest - len(row))])
        for i, row in enumerate(rows)
    ]
    return "\n".join([names, *lines]) + "\n"


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.lists(finite, min_size=1, max_size=9), min_size=1, max_size=9))
def test_ragged_series_come_back(series: list[list[float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read_back = read(Path(folder), table(series), table([row[:1] * 2 for row in series]))
    values, offsets = read_back.train_values, read_back.train_offsets
    assert [values[start:end].tolist() for start, end in pairwise(offsets)] == series
    assert read_back.ids == [f"S{i}" for i in range(len(series))]


@pytest.mark.parametrize(
    ("name", "series", "steps", "lengths"),
    [
        ("Weekly", 359, 366912, (80, 2597)),
        ("Hourly", 414, 353500, (700, 960)),
        ("Yearly", 23000, 720458, (13, 835)),
    ],
)
def test_real_files(
    real_file: Callable[[str], Path], name: str, series: int, steps: int, lengths: tuple[int, int]
) -> None:
    dataset = builtin_datasets()[f"M4-{name}"]
    assert isinstance(dataset, M4Dataset)
    paths = [real_file(f"m4/{file.name}") for file in dataset.files]
    read_back = read_m4(paths[0], paths[1], dataset)
    assert (len(read_back.ids), len(read_back.train_values)) == (series, steps)
    found = np.diff(read_back.train_offsets)
    assert (found.min(), found.max()) == lengths
    assert read_back.ids[0] == f"{name[0]}1"
    # Another parser gives the same numbers.
    frame = pd.read_csv(paths[0], nrows=20, index_col=0, float_precision="round_trip")
    for index in range(20):
        np.testing.assert_array_equal(
            read_back.train_values[slice(*read_back.train_offsets[index : index + 2])],
            frame.iloc[index].dropna().to_numpy(),
        )
