"""The .ts files of the UEA archive, good and bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from aeon.datasets import load_from_ts_file
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from specar.base.errors import SpecarError
from specar.data.readers import TsSeries, read_ts

HEADER = """# a comment
@problemName Toy
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true b a c
@data
"""
CASES = "1,2,3:4,5,6:a\n1.5,-2e1:?,NaN:b\n"
nan = np.nan


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Toy_TRAIN.ts"


def cases_of(series: TsSeries) -> list[np.ndarray]:
    """The cases, each (channels, steps) as aeon has them."""
    return [part.T for part in np.split(series.values, series.offsets[1:-1])]


def same_as_aeon(path: Path) -> None:
    series = read_ts(path)
    expected, labels = load_from_ts_file(str(path))
    assert series.labels == list(labels)
    assert len(cases_of(series)) == len(expected)
    for case, theirs in zip(cases_of(series), expected, strict=True):
        np.testing.assert_array_equal(case, theirs)


def test_good_file(path: Path) -> None:
    path.write_text(HEADER + CASES)
    series = read_ts(path)
    np.testing.assert_array_equal(series.values, [[1, 4], [2, 5], [3, 6], [1.5, nan], [-20, nan]])
    np.testing.assert_array_equal(series.offsets, [0, 3, 5])
    assert (series.values.dtype, series.offsets.dtype) == (np.float64, np.int64)
    assert (series.labels, series.classes) == (["a", "b"], ["b", "a", "c"])


@pytest.mark.parametrize(
    "text",
    [
        (HEADER + CASES).replace("\n", "\r\n"),
        HEADER.lower().replace("@data", "@DATA") + CASES,
        HEADER.replace("@dimensions 2\n", "") + CASES,
        HEADER.replace("\n", "\n\n")
        + "\n# in between\n"
        + CASES.replace(":", " : ").replace(",", ", ")
        + "\n",
        HEADER.replace("@classLabel", "@unknown x\n@classLabel") + CASES,
        HEADER.replace("@classLabel", "@seriesLength 29\n@classLabel") + CASES,
    ],
    ids=["CRLF", "case", "dimensions not named", "spaces and comments", "unknown line", "longest of unequal"],
)
def test_harmless_variants(path: Path, text: str) -> None:
    path.write_text(HEADER + CASES)
    plain = read_ts(path)
    path.write_bytes(text.encode())
    series = read_ts(path)
    np.testing.assert_array_equal(series.values, plain.values)
    assert (series.labels, series.classes) == (plain.labels, plain.classes)


def test_comments_in_another_encoding(path: Path) -> None:
    path.write_bytes(b"# pages 1\x961\n" + (HEADER + CASES).encode())
    assert read_ts(path).labels == ["a", "b"]


def test_shorter_channels_are_missing_at_their_end(path: Path) -> None:
    path.write_text(HEADER + "1,2,3:4:a\n1:2,3:b\n")
    expected = [[1, 4], [2, nan], [3, nan], [1, 2], [nan, 3]]
    np.testing.assert_array_equal(read_ts(path).values, expected)


def test_classes_that_the_header_does_not_list(path: Path) -> None:
    path.write_text(HEADER.replace(" b a c", "") + CASES + "1:2:10\n")
    assert read_ts(path).classes == ["10", "a", "b"]


def test_univariate(path: Path) -> None:
    path.write_text(HEADER.replace("@univariate false\n@dimensions 2", "@univariate true") + "1,2:a\n3:b\n")
    np.testing.assert_array_equal(read_ts(path).values, [[1], [2], [3]])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (HEADER.replace("@timeStamps false", "@timeStamps true") + CASES, "line 3: series with time stamps"),
        (
            HEADER.replace("@classLabel true", "@classLabel false") + CASES,
            "line 8: the cases have no classes",
        ),
        (
            HEADER.replace("@classLabel true b a c", "@targetLabel true") + CASES,
            "line 8: the cases have no classes",
        ),
        (
            HEADER.replace("@dimensions 2", "@dimensions two") + CASES,
            "line 6: 'two' is not a number of dimensions",
        ),
        (HEADER.replace("@data\n", "") + CASES, "line 9: values before @data"),
        (HEADER.replace("@data\n", ""), "has no @data"),
        ("", "has no @data"),
        (HEADER, "has no case after @data"),
        (HEADER + CASES + "1:2:d\n", "line 12: class 'd' is not in the header"),
        (HEADER + CASES + "1:2:\n", "line 12: class '' is not in the header"),
        (HEADER + CASES + "1:a\n", "line 12: 1 dimensions, not 2"),
        (HEADER + CASES + "1:2:3:a\n", "line 12: 3 dimensions, not 2"),
        (HEADER.replace("@dimensions 2\n", "") + CASES + "1:a\n", "line 11: 1 dimensions, not 2"),
        (HEADER + CASES + "1,2,3\n", "line 12: no class after the values"),
        (HEADER + CASES + "1,2:3,x:a\n", "line 12, dimension 2, value 2: 'x' is not a finite number"),
        (HEADER + CASES + "1,2:3,inf:a\n", "line 12, dimension 2, value 2: 'inf' is not a finite number"),
        (HEADER + CASES + "1,,2:3:a\n", "line 12, dimension 1, value 2: the cell is empty"),
        (HEADER + CASES + ":3:a\n", "line 12, dimension 1, value 1: the cell is empty"),
        (HEADER.replace("b a c", "b a b") + CASES, "line 8: class 'b' is listed twice"),
        (HEADER.replace("@equalLength false", "@equalLength true") + CASES, "line 11: 2 steps, not 3"),
        (HEADER.replace("@equalLength false", "@equalLength true") + "1,2:3:a\n", "line 10: 1 steps, not 2"),
        (HEADER.replace("@equalLength false", "@seriesLength 4") + CASES, "line 10: 3 steps, not 4"),
        (
            HEADER.replace("@equalLength false", "@seriesLength x") + CASES,
            "line 7: 'x' is not a number of st",
        ),
        (HEADER + CASES + "1?:3:a\n", "line 12, dimension 1, value 1"),
    ],
)
def test_defects(path: Path, text: str, part: str) -> None:
    path.write_text(text)
    with pytest.raises(SpecarError) as caught:
        read_ts(path)
    assert part in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(path: Path) -> None:
    with pytest.raises(SpecarError, match="No such file"):
        read_ts(path)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + CASES,
        HEADER.replace("@equalLength false", "@equalLength true\n@seriesLength 3")
        + "1,?,3:4,5,6:a\n?,?,?:7,8,9:b\n",
        HEADER + "1,2:3,4:c\n5:6:a\n7,8,9,1e-3:1,2,3,4:b\n",
    ],
    ids=["missing and unequal", "missing and equal", "unequal"],
)
def test_small_files_as_aeon_reads_them(path: Path, text: str) -> None:
    path.write_text(text)
    same_as_aeon(path)


number = st.one_of(st.floats(allow_infinity=False, width=64))


@given(
    st.lists(arrays.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(2)), elements=number), min_size=1)
)
def test_cases_of_any_length_come_back(
    tmp_path_factory: pytest.TempPathFactory, cases: list[np.ndarray]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.ts"
    lines = [
        ":".join([*(",".join(map(repr, channel)) for channel in case.T.tolist()), "a"]) for case in cases
    ]
    path.write_text(HEADER + "\n".join(lines))
    series = read_ts(path)
    np.testing.assert_array_equal(np.diff(series.offsets), [len(case) for case in cases])
    for case, found in zip(cases, cases_of(series), strict=True):
        np.testing.assert_array_equal(found.T, case)


NO_TARGETS = "@targetLabel false"


@pytest.mark.parametrize("key", [NO_TARGETS, NO_TARGETS.lower(), "@targetlabel"])
@pytest.mark.parametrize("first", [True, False])
def test_a_header_may_say_that_there_are_no_target_values(path: Path, key: str, first: bool) -> None:
    path.write_text(HEADER + CASES)
    plain = read_ts(path)
    line = "@classLabel true b a c"
    path.write_text(HEADER.replace(line, f"{key}\n{line}" if first else f"{line}\n{key}") + CASES)
    assert (read_ts(path).labels, read_ts(path).classes) == (plain.labels, plain.classes)


@pytest.mark.parametrize("key", ["@dimensions", "@dimension", "@seriesLength"])
@pytest.mark.parametrize("digits", [10, 5000])
def test_a_number_that_is_no_number_of_anything(path: Path, key: str, digits: int) -> None:
    path.write_text(HEADER.replace("@dimensions 2", f"{key} {'9' * digits}") + CASES)
    with pytest.raises(SpecarError, match=r"line 6: '99.*99' is not a number of ") as caught:
        read_ts(path)
    assert len(str(caught.value)) < 150 + len(str(path))


@pytest.mark.parametrize("value", ["9" * 5000, "1\0.5", "x" * 5000])
def test_a_value_of_any_length_is_shown_in_short(path: Path, value: str) -> None:
    path.write_text(HEADER + CASES + f"1,{value}:2,3:a\n")
    with pytest.raises(
        SpecarError, match=r"line 12, dimension 1, value 2: .* is not a finite number"
    ) as caught:
        read_ts(path)
    assert len(str(caught.value)) < 150 + len(str(path))


@pytest.mark.parametrize(
    ("name", "cases", "channels", "classes", "lengths"),
    [
        ("JapaneseVowels", (270, 370), 12, 9, (7, 29)),
        ("Handwriting", (150, 850), 3, 26, (152, 152)),
        ("UWaveGestureLibrary", (120, 320), 3, 8, (315, 315)),
    ],
)
def test_real_files_as_aeon_reads_them(
    real_file: Callable[[str], Path],
    name: str,
    cases: tuple[int, int],
    channels: int,
    classes: int,
    lengths: tuple[int, int],
) -> None:
    found = []
    for part, number in zip(("TRAIN", "TEST"), cases, strict=True):
        path = real_file(f"uea/{name}/{name}_{part}.ts")
        series = read_ts(path)
        assert (len(series.labels), series.values.shape[1], len(series.classes)) == (
            number,
            channels,
            classes,
        )
        found.extend(np.diff(series.offsets))
        same_as_aeon(path)
    assert (min(found), max(found)) == lengths
