"""The built-in dataset registry."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.data.entries import DatasetEntry, Splits
from specar.data.registry import (
    AnomalyEntry,
    CsvDataset,
    Dataset,
    M4Dataset,
    MachinesDataset,
    TsDataset,
    builtin_datasets,
    find_dataset,
)

# Of the paper and the archives, not of the file under test.
SERIES = {  # channels
    "ETTm1": 7,
    "ETTm2": 7,
    "ETTh1": 7,
    "ETTh2": 7,
    "Electricity": 321,
    "Traffic": 862,
    "Weather": 21,
    "Exchange": 8,
    "ILI": 7,
}
M4 = {  # horizon, seasonality, series
    "Yearly": (6, 1, 23000),
    "Quarterly": (8, 4, 24000),
    "Monthly": (18, 12, 48000),
    "Weekly": (13, 1, 359),
    "Daily": (14, 1, 4227),
    "Hourly": (48, 24, 414),
}
UEA = {  # channels, classes
    "EthanolConcentration": (3, 4),
    "FaceDetection": (144, 2),
    "Handwriting": (3, 26),
    "Heartbeat": (61, 2),
    "JapaneseVowels": (12, 9),
    "PEMS-SF": (963, 7),
    "SelfRegulationSCP1": (6, 2),
    "SelfRegulationSCP2": (7, 2),
    "SpokenArabicDigits": (13, 10),
    "UWaveGestureLibrary": (3, 8),
}
ANOMALY = {  # format, files, channels
    "MSL": ("npy", 3, 55),
    "SMAP": ("npy", 3, 25),
    "SMD": ("machines", 84, 38),
    "PSM": ("anomaly_csv", 3, 25),
    "SWaT": ("anomaly_csv", 2, 51),
}
PAPER = [*SERIES, *(f"M4-{name}" for name in M4), *UEA, *ANOMALY]
# Not of a commit: a hash is checked where one is known, else a warning says that nothing was.
UNPINNED = ("https://github.com/sktime/sktime-datasets/raw/main/", "https://timeseriesclassification.com/")

# Table of the files with URLs, hashes and sizes, collected independently; not part of the repository.
UPSTREAM = next(Path(__file__).parents[3].glob("*/data/upstream.csv"), None)


def test_datasets_of_the_paper() -> None:
    assert [name for name in builtin_datasets() if name != "ETT-unified"] == PAPER
    assert len(PAPER) == 30


@pytest.mark.parametrize(("name", "channels"), SERIES.items())
def test_series(name: str, channels: int) -> None:
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, CsvDataset)
    assert (dataset.kind, dataset.channels) == ("series", channels)


@pytest.mark.parametrize(("name", "expected"), M4.items())
def test_m4(name: str, expected: tuple[int, int, int]) -> None:
    dataset = builtin_datasets()[f"M4-{name}"]
    assert isinstance(dataset, M4Dataset)
    assert (dataset.horizon, dataset.seasonality, dataset.series) == expected
    assert [file.name for file in dataset.files] == [f"Train/{name}-train.csv", f"Test/{name}-test.csv"]
    assert (dataset.kind, dataset.folder) == ("m4", "m4")


@pytest.mark.parametrize(("name", "expected"), UEA.items())
def test_uea(name: str, expected: tuple[int, int]) -> None:
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, TsDataset)
    assert (dataset.channels, dataset.classes) == expected
    assert [file.name for file in dataset.files] == [f"{name}_TRAIN.ts", f"{name}_TEST.ts"]
    assert (dataset.kind, dataset.folder) == ("classification", f"uea/{name}")
    for file in dataset.files:
        assert {archive.member for archive in file.archives} == {file.name}


@pytest.mark.parametrize(("name", "expected"), ANOMALY.items())
def test_anomaly(name: str, expected: tuple[str, int, int]) -> None:
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, AnomalyEntry)
    assert (dataset.model_dump()["format"], len(dataset.used_files), dataset.channels) == expected
    assert (dataset.kind, dataset.folder) == ("anomaly", name.lower())
    assert bool(dataset.restricted) == (name == "SWaT")


def test_machines() -> None:
    smd = builtin_datasets()["SMD"]
    assert isinstance(smd, MachinesDataset)
    assert len(smd.machines) == 28
    assert smd.machines == sorted(smd.machines)
    assert smd.machines[-10:-7] == ["machine-3-10", "machine-3-11", "machine-3-2"]
    assert [file.name for file in smd.used_files] == [file.name for file in smd.files]
    assert smd.caution is None
    part = MachinesDataset.model_validate({**smd.model_dump(), "machines": ["machine-3-2", "machine-1-1"]})
    assert [file.name for file in part.used_files][1:4] == [
        "train/machine-1-1.txt",
        "test/machine-3-2.txt",
        "test/machine-1-1.txt",
    ]
    assert part.caution is not None
    assert "2 of its 28" in part.caution
    for wrong in (["machine-9-9"], ["machine-1-1", "machine-1-1"], []):
        with pytest.raises(ValidationError, match="machine"):
            MachinesDataset.model_validate({**smd.model_dump(), "machines": wrong})


@pytest.mark.parametrize("name", PAPER)
def test_entry_can_be_fetched_and_verified(name: str) -> None:
    dataset = builtin_datasets()[name]
    assert dataset.licence
    assert dataset.title
    for file in dataset.files:
        assert not file.own
        assert file.hashed or file.archives[0].sha256
        assert bool(file.urls or file.archives) != bool(dataset.restricted)
        for url in file.urls:
            assert url.startswith("https://")
            assert url.endswith("/" + file.name.split("/")[-1])
            # Pinned: the content of a branch changes, that of a commit does not.
            assert "/main/" not in url
            assert "/master/" not in url
        for archive in file.archives:
            assert archive.url.startswith(UNPINNED)


def test_files_of_a_folder_and_hashes_are_distinct() -> None:
    files = [
        (dataset.folder, file)
        for dataset in builtin_datasets().values()
        if isinstance(dataset, DatasetEntry)
        for file in dataset.files
    ]
    places = [f"{folder}/{file.name}" for folder, file in files]
    hashes = [file.sha256 or file.git_blob for _, file in files if file.hashed]
    assert len(set(places)) == len(places)
    assert len(set(hashes)) == len(hashes)


def _upstream() -> dict[tuple[str, str], list[dict[str, str]]]:
    if UPSTREAM is None:
        pytest.skip("the table of upstream files is not beside this repository")
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with UPSTREAM.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            found.setdefault((row["dataset"], row["file"]), []).append(row)
    return found


def _source(url: str, sha256: str | None, size: int | None) -> tuple[str, str, str]:
    return url, sha256 or "", "" if size is None else str(size)


@pytest.mark.parametrize("name", PAPER)
def test_entry_agrees_with_the_table_of_upstream_files(name: str) -> None:
    upstream = _upstream()
    for file in builtin_datasets()[name].files:
        rows = upstream.get((name, file.name)) or upstream[name, file.name.split("/")[-1]]
        at_zenodo = [url for url in file.urls if "//zenodo.org/" in url]
        assert file.urls == [*(row["url"] for row in rows if row["url"]), *at_zenodo]
        for url in at_zenodo:
            assert upstream[name, f"zenodo:{url.split('/')[4]}"][0]["url"] == url.rpartition("/files/")[0]
        for row in rows:
            assert (file.sha256 or "") == row["sha256"]
            assert row["bytes"] in ("", str(file.bytes))
            assert file.git_blob is None or row["note"].endswith(file.git_blob)
        zips = upstream.get((name, f"{name}.zip"), [])
        assert {_source(zip.url, zip.sha256, zip.bytes) for zip in file.archives} == {
            (row["url"], row["sha256"], row["bytes"]) for row in zips
        }


def test_no_dataset_of_the_table_of_upstream_files_is_left_out() -> None:
    # "M4" there is the submission of Naive2, which is computed here.
    assert {dataset for dataset, _ in _upstream()} - {"M4"} == set(PAPER)


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
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, CsvDataset)
    assert dataset.splits.borders(rows) == ends


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
    with pytest.raises(ValidationError, match=r"must be a relative path"):
        make_dataset(**({"file": {"name": name}} if where == "file" else {"folder": name}))


def test_identity_ignores_where_a_copy_was_found(make_dataset: Callable[..., Dataset]) -> None:
    here = make_dataset(file={"urls": ["https://a.example/x"], "sha256": "0" * 64})
    there = make_dataset(file={"urls": ["https://b.example/y"], "sha256": "0" * 64}, title="Other")
    assert here.identity() == there.identity()
    assert here.identity() != make_dataset(file={"sha256": "1" * 64}).identity()
    assert here.identity() != make_dataset(file={"sha256": "0" * 64}, seasonality=7).identity()


def test_identity_knows_files_by_git_blob(make_dataset: Callable[..., Dataset]) -> None:
    first, second = (make_dataset(file={"git_blob": digit * 40}) for digit in "01")
    assert first.identity() != second.identity()


@pytest.mark.parametrize(
    ("known", "hashed", "own"),
    [
        ({}, False, True),
        ({"sha256": "0" * 64}, True, False),
        ({"git_blob": "0" * 40}, True, False),
        ({"urls": ["https://a.example/x"]}, False, False),
        ({"archives": [{"url": "https://a.example/x.zip", "member": "x"}]}, False, False),
    ],
)
def test_own_file_is_one_of_which_nothing_is_known(
    make_dataset: Callable[..., Dataset], known: dict[str, object], hashed: bool, own: bool
) -> None:
    [file] = make_dataset(file=known).files
    assert (file.hashed, file.own) == (hashed, own)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "excel"}, "excel"),
        ({"format": "npy"}, r"needs 3 \(train, test, labels\), got 1"),
        ({"format": "ts", "files": [{"name": "a.ts"}, {"name": "a.ts"}]}, "a.ts is named twice"),
        ({"format": "m4", "files": [{"name": "a"}, {"name": "b"}]}, "horizon"),
        ({"file": {"git_blob": "0" * 64}}, "git_blob"),
        ({"date_format": "%H:%M"}, "leaves out the date"),
        ({"date_format": "%d/%m"}, "leaves out the date"),
        ({"date_format": "day first"}, "leaves out the date"),
        ({"date_format": "%Q"}, "not a format of dates"),
    ],
)
def test_bad_entries_are_refused(
    make_dataset: Callable[..., Dataset], changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        make_dataset(**changes)


def test_later_keys_are_part_of_the_identity_only_where_they_change_it(
    make_dataset: Callable[..., Dataset],
) -> None:
    assert "date_format" not in make_dataset().identity()
    assert make_dataset(date_format="%d/%m/%Y").identity()["date_format"] == "%d/%m/%Y"
    tables = {"format": "anomaly_csv", "label_column": "y", "files": [{"name": "a"}, {"name": "b"}]}
    assert make_dataset(**tables).identity()["missing"] == "mean"
    assert "missing" not in make_dataset(**tables, missing="zero").identity()
    assert "missing" not in builtin_datasets()["PSM"].identity()
