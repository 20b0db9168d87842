"""The built-in dataset registry."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from specar.data.registry import Dataset, Splits, builtin_datasets, find_dataset
from specar.errors import SpecarError

PAPER = {"ETTm1", "ETTm2", "ETTh1", "ETTh2", "Electricity", "Traffic", "Weather", "Exchange", "ILI"}


def test_datasets_of_the_paper() -> None:
    assert set(builtin_datasets()) == PAPER


@pytest.mark.parametrize("name", sorted(PAPER))
def test_entry_can_be_fetched_and_verified(name: str) -> None:
    dataset = builtin_datasets()[name]
    assert len(dataset.files) == 1
    [file] = dataset.files
    assert file.sha256 is not None
    assert file.bytes
    assert file.urls
    assert dataset.channels
    for url in file.urls:
        assert url.startswith("https://")
        assert url.endswith("/" + file.name)
        # Pinned: the content of a branch changes, that of a commit does not.
        assert "/main/" not in url
        assert "/master/" not in url


def test_hashes_are_distinct() -> None:
    hashes = [file.sha256 for dataset in builtin_datasets().values() for file in dataset.files]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    ("name", "rows", "ends"),
    [
        ("ETTh1", 17420, (8640, 11520, 14400)),  # 12, 4 and 4 months of 30 days
        ("ETTm1", 69680, (34560, 46080, 57600)),
        ("Weather", 52696, (36887, 42157, 52696)),  # 36887.2 and 10539.2 rounded down
        ("ILI", 966, (676, 773, 966)),
    ],
)
def test_borders(name: str, rows: int, ends: tuple[int, int, int]) -> None:
    assert builtin_datasets()[name].splits.borders(rows) == ends


@given(rows=st.integers(20, 10**6), train=st.integers(10, 80), test=st.integers(5, 19))
def test_shares_cover_every_row(rows: int, train: int, test: int) -> None:
    splits = Splits(train=train / 100, val=(100 - train - test) / 100, test=test / 100)
    ends = splits.borders(rows)
    assert ends[2] == rows
    assert abs(ends[0] - rows * train / 100) <= 1
    assert abs((ends[2] - ends[1]) - rows * test / 100) <= 1


@pytest.mark.parametrize(
    "splits",
    [
        {"train": 0.7, "val": 0.1, "test": 0.1},
        {"train": 0.7, "val": 10, "test": 0.2},
        {"train": 0, "val": 1, "test": 1},
        {"train": -1, "val": 1, "test": 1},
    ],
)
def test_bad_splits_are_refused(splits: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Splits.model_validate(splits)


def test_unknown_dataset_names_the_closest() -> None:
    with pytest.raises(SpecarError, match=r"unknown dataset 'ETTh3'; known: .*ETTh1") as caught:
        find_dataset("ETTh3", builtin_datasets())
    assert "Traffic" not in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(SpecarError, match=r"Electricity.*Weather"):  # nothing is close: all of them
        find_dataset("@@@", builtin_datasets())


@pytest.mark.parametrize(
    "name", ["../x.csv", "a/../../x.csv", "/etc/passwd", "..", ".hidden", "", "..\\x.csv"]
)
@pytest.mark.parametrize("where", ["file", "folder"])
def test_names_that_leave_the_folder_are_refused(
    make_dataset: Callable[..., Dataset], name: str, where: str
) -> None:
    with pytest.raises(ValidationError, match=r"must be a relative path without"):
        make_dataset(**({"file": {"name": name}} if where == "file" else {"folder": name}))


def test_identity_ignores_where_a_copy_was_found(make_dataset: Callable[..., Dataset]) -> None:
    here = make_dataset(file={"urls": ["https://a.example/x"], "sha256": "0" * 64})
    there = make_dataset(file={"urls": ["https://b.example/y"], "sha256": "0" * 64}, title="Other")
    assert here.identity() == there.identity()
    assert here.identity() != make_dataset(file={"sha256": "1" * 64}).identity()
    assert here.identity() != make_dataset(file={"sha256": "0" * 64}, seasonality=7).identity()
