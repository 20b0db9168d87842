"""Prepared arrays: splits, scaling, time features, and what is left on disk when it fails."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from specar.base.errors import SpecarError
from specar.data import prepare as prepare_module
from specar.data.build import hourly_time_features
from specar.data.meta import ARRAYS, META
from specar.data.prepare import mend, prepare
from specar.data.prepared import M4Data, PreparedData, SeriesData
from specar.data.registry import Dataset
from specar.data.windows import Split

Make = Callable[..., Dataset]

ROWS = 12  # two beyond the splits 6, 2, 2
VALUES = np.random.default_rng(1).normal(5.0, 3.0, (ROWS, 2))
FILES = sorted([META, *ARRAYS["series"]])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "prepared"


def write(raw: Path, values: np.ndarray) -> str:
    """Write hourly rows from 2020-02-28 20:00 on; return the SHA-256."""
    frame = pd.DataFrame(values, columns=[f"c{index}" for index in range(values.shape[1])])
    frame.insert(0, "date", pd.date_range("2020-02-28 20:00", periods=len(values), freq="h").astype(str))
    frame.to_csv(raw / "series.csv", index=False)
    return hashlib.sha256((raw / "series.csv").read_bytes()).hexdigest()


def prepared(raw: Path, output: Path, dataset: Dataset, values: np.ndarray = VALUES) -> SeriesData:
    write(raw, values)
    prepare("Toy", dataset, raw, output)
    return SeriesData.load(output)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def message_of(action: Callable[[], object]) -> str:
    with pytest.raises(SpecarError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_scaled_as_scikit_learn_does(raw: Path, output: Path, make_dataset: Make) -> None:
    data = prepared(raw, output, make_dataset())
    scaler = StandardScaler().fit(VALUES[:6])
    expected = scaler.transform(VALUES[:10])
    assert data.values.shape == (10, 2)
    assert data.values.dtype == np.float32
    np.testing.assert_allclose(data.values, expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(data.meta["mean"], scaler.mean_, rtol=1e-13)
    np.testing.assert_allclose(data.meta["std"], scaler.scale_, rtol=1e-13)


def test_scaling_knows_the_train_rows_only(raw: Path, output: Path, make_dataset: Make) -> None:
    before = prepared(raw, output, make_dataset())
    train = np.array(before.values[:6])
    other = VALUES.copy()
    other[6:] *= -1000
    after = prepared(raw, output, make_dataset(), other)
    np.testing.assert_array_equal(after.values[:6], train)
    assert (after.meta["mean"], after.meta["std"]) == (before.meta["mean"], before.meta["std"])
    assert np.abs(after.values[6:]).max() > 100
    other[5] += 1
    assert prepared(raw, output, make_dataset(), other).meta["mean"] != before.meta["mean"]


@pytest.mark.parametrize("constant", [0.0, 3.0, 0.1, 123456.789])
def test_constant_channel_is_divided_by_one(
    raw: Path, output: Path, make_dataset: Make, constant: float
) -> None:
    values = np.column_stack([VALUES[:, 0], np.full(ROWS, constant)])
    values[8, 1] += 2.0  # varies in test only
    data = prepared(raw, output, make_dataset(), values)
    assert data.meta["std"][1] == StandardScaler().fit(values[:6]).scale_[1] == 1.0
    np.testing.assert_allclose(data.values[:, 1], [0.0] * 8 + [2.0, 0.0], atol=1e-6)


def test_meta(raw: Path, output: Path, make_dataset: Make) -> None:
    digest = write(raw, VALUES)
    dataset = make_dataset(file={"sha256": digest})
    prepare("Toy", dataset, raw, output)
    assert listing(output) == FILES
    meta = json.loads((output / "meta.json").read_text())
    assert {
        key: meta[key]
        for key in ("format", "kind", "name", "rows", "channels", "columns", "ends", "seasonality")
    } == {
        "format": 3,
        "kind": "series",
        "name": "Toy",
        "rows": 10,
        "channels": 2,
        "columns": ["c0", "c1"],
        "ends": [6, 8, 10],
        "seasonality": 24,
    }
    assert meta["identity"] == dataset.identity()
    assert meta["sha256"] == {"series.csv": digest}
    assert meta["prepared_sha256"] == {
        name: hashlib.sha256((output / name).read_bytes()).hexdigest()
        for name in ("values.npy", "time_features.npy")
    }
    data = SeriesData.load(output)
    assert (data.name, data.ends, data.seasonality, data.sha256, data.meta) == (
        "Toy",
        (6, 8, 10),
        24,
        {"series.csv": digest},
        meta,
    )


def test_same_input_gives_the_same_bytes(raw: Path, output: Path, make_dataset: Make, tmp_path: Path) -> None:
    prepared(raw, output, make_dataset())
    prepared(raw, tmp_path / "again", make_dataset())
    for name in FILES:
        assert (output / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_shares_use_every_row(raw: Path, output: Path, make_dataset: Make) -> None:
    data = prepared(raw, output, make_dataset(splits={"train": 0.7, "val": 0.1, "test": 0.2}))
    assert data.ends == (8, 10, 12)  # 8.4 and 2.4 rounded down, the rest is val
    assert len(data.values) == len(data.time_features) == 12


def test_time_features_by_hand() -> None:
    dates = pd.DatetimeIndex(["2020-01-01 00:00", "2020-12-31 23:45", "2021-03-07 06:10"])
    expected = [
        [-0.5, 2 / 6 - 0.5, -0.5, -0.5],  # a Wednesday
        [0.5, 3 / 6 - 0.5, 0.5, 0.5],  # a Thursday; day 366
        [6 / 23 - 0.5, 0.5, 6 / 30 - 0.5, (31 + 28 + 6) / 365 - 0.5],  # a Sunday
    ]
    features = hourly_time_features(dates)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, np.array(expected, dtype=np.float32))


def test_time_features_belong_to_their_rows(raw: Path, output: Path, make_dataset: Make) -> None:
    features = prepared(raw, output, make_dataset()).time_features
    assert features.shape == (10, 4)
    # 20:00 on Friday 28 February 2020, and five hours later 01:00 on Saturday the 29th.
    np.testing.assert_allclose(
        features[0], [20 / 23 - 0.5, 4 / 6 - 0.5, 27 / 30 - 0.5, 58 / 365 - 0.5], atol=1e-7
    )
    np.testing.assert_allclose(
        features[5], [1 / 23 - 0.5, 5 / 6 - 0.5, 28 / 30 - 0.5, 59 / 365 - 0.5], atol=1e-7
    )


# The raw file


def test_damaged_raw_file(raw: Path, output: Path, make_dataset: Make) -> None:
    dataset = make_dataset(file={"sha256": write(raw, VALUES)})
    with (raw / "series.csv").open("a") as file:
        file.write("2020-03-01 00:00:00,1,1\n")
    message = message_of(lambda: prepare("Toy", dataset, raw, output))
    assert f"dataset Toy: {raw / 'series.csv'} is damaged" in message
    assert "delete it and fetch" in message
    assert listing(output) == []


def test_missing_raw_file(raw: Path, output: Path, make_dataset: Make) -> None:
    message = message_of(lambda: prepare("Toy", make_dataset(), raw, output))
    assert f"{raw / 'series.csv'} is missing" in message


def test_raw_file_of_which_only_the_git_id_is_known(raw: Path, output: Path, make_dataset: Make) -> None:
    write(raw, VALUES)
    content = (raw / "series.csv").read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    prepare("Toy", make_dataset(file={"git_blob": blob}), raw, output)
    digest = hashlib.sha256(content).hexdigest()
    assert PreparedData.load(output).sha256 == {"series.csv": digest}
    message = message_of(lambda: prepare("Toy", make_dataset(file={"git_blob": "0" * 40}), raw, output))
    assert f"damaged (git blob id {blob[:12]}…, expected 000000000000…)" in message
    # Where both are known the stronger one decides.
    prepare("Toy", make_dataset(file={"git_blob": "0" * 40, "sha256": digest}), raw, output)


@pytest.mark.parametrize(
    ("rows", "value"), [(slice(6, 7), 1e200), (slice(0, 1), 1e308), (slice(0, 2), 1.7e308)]
)
def test_values_too_large_to_scale(
    raw: Path, output: Path, make_dataset: Make, rows: slice, value: float
) -> None:
    values = VALUES.copy()
    values[rows, 1] = value
    write(raw, values)
    assert "column 'c1' is too large" in message_of(lambda: prepare("Toy", make_dataset(), raw, output))
    assert listing(output) == []


# Nothing half-written, and nothing written twice


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def interrupted_at(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, which is interrupted at a call of a number."""
    calls = 0

    def run(*arguments: object, **options: object) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            raise KeyboardInterrupt
        return function(*arguments, **options)

    return run


@pytest.mark.parametrize(("step", "fails_at"), [("_save", 1), ("_save", 2), ("json_text", 1)])
@pytest.mark.parametrize("earlier", [False, True])
def test_interrupted_preparation_leaves_what_was_there(
    raw: Path,
    output: Path,
    make_dataset: Make,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    fails_at: int,
    earlier: bool,
) -> None:
    if earlier:
        prepared(raw, output, make_dataset())
    before = contents(output)
    write(raw, VALUES * 2)
    monkeypatch.setattr(prepare_module, step, interrupted_at(fails_at, getattr(prepare_module, step)))
    with pytest.raises(KeyboardInterrupt):
        prepare("Toy", make_dataset(), raw, output)
    assert contents(output) == before


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_interrupted_between_the_files_it_is_not_complete(
    raw: Path, output: Path, make_dataset: Make, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    prepared(raw, output, make_dataset())
    write(raw, VALUES * 2)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted_at(fails_at, Path.replace))
        with pytest.raises(KeyboardInterrupt):
            prepare("Toy", make_dataset(), raw, output)
    assert listing(output) == sorted(ARRAYS["series"])
    assert "meta.json is missing" in message_of(lambda: PreparedData.load(output))
    prepare("Toy", make_dataset(), raw, output)
    prepare("Toy", make_dataset(), raw, output.parent / "afresh")
    assert contents(output) == contents(output.parent / "afresh")


def test_old_meta_never_lies_beside_new_arrays(
    raw: Path, output: Path, make_dataset: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(raw, output, make_dataset())
    seen: list[tuple[str, bool]] = []
    replace = Path.replace

    def watched(part: Path, target: Path) -> Path:
        seen.append((target.name, (output / META).exists()))
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", watched)
    prepared(raw, output, make_dataset(), VALUES * 2)
    assert [meta for _, meta in seen] == [False] * 3
    assert seen[-1][0] == META
    assert listing(output) == FILES


def test_what_is_prepared_already_is_left_alone(
    raw: Path, output: Path, make_dataset: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    prepared(raw, output, make_dataset())
    before = [(path, path.stat().st_mtime_ns) for path in output.iterdir()]
    prepared(raw, output, make_dataset())
    assert [(path, path.stat().st_mtime_ns) for path in output.iterdir()] == before
    assert caplog.messages == [f"dataset Toy is prepared already; delete {output} to prepare it again"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("array deleted", "values.npy is damaged or missing (No such file or directory)"),
        ("array damaged", "values.npy is damaged or missing (its sha256 is not that in meta.json)"),
        ("meta damaged", "meta.json is damaged or missing (it cannot be read as JSON)"),
        ("meta deleted", ""),
        ("entry", "its registry entry has changed"),
    ],
)
def test_what_is_not_is_prepared_again(
    raw: Path, output: Path, make_dataset: Make, damage: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    prepared(raw, output, make_dataset())
    before = contents(output)
    damaged = output / (META if "meta" in damage else "values.npy")
    if "deleted" in damage:
        damaged.unlink()
    elif "damaged" in damage:
        damaged.write_bytes(before[damaged.name][:-1] + b"x")
    else:
        values = json.loads(before[META])
        (output / META).write_text(json.dumps({**values, "identity": {**values["identity"], "folder": "x"}}))
    prepare("Toy", make_dataset(), raw, output)
    assert contents(output) == before
    again = [message for message in caplog.messages if "prepared again: " in message]
    assert len(again) == (damage != "meta deleted")
    assert all(said in message for message in again)


@pytest.mark.parametrize("damage", ["cut", "other version", "no JSON"])
def test_a_run_mends_what_it_finds_damaged(
    raw: Path, output: Path, make_dataset: Make, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    prepared(raw, output, make_dataset())
    before = contents(output)
    path = output / ("values.npy" if damage == "cut" else META)
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"format": 3', b'"format": 2') if "version" in damage else text[:-7])
    message = message_of(lambda: PreparedData.load(output))
    assert message.endswith(f"run 'specar prepare {output.name}'")
    assert ("was prepared by another version of specar" in message) == (damage == "other version")
    assert ("damaged" in message) == (damage != "other version")
    mend("Toy", make_dataset(), raw, output)
    assert contents(output) == before
    assert caplog.messages == [f"dataset Toy is prepared again: {message.partition('; run')[0]}"]
    mend("Toy", make_dataset(), raw, output)
    assert len(caplog.messages) == 1
    path.write_bytes(b"")
    (raw / "series.csv").unlink()
    mend("Toy", make_dataset(), raw, output)  # without its files there is nothing to mend it with
    assert "damaged" in message_of(lambda: PreparedData.load(output))


def test_what_is_loaded_stays_when_the_dataset_is_prepared_again(
    raw: Path, output: Path, make_dataset: Make
) -> None:
    data = prepared(raw, output, make_dataset())
    before = np.array(data.values)
    after = prepared(raw, output, make_dataset(), VALUES[::-1])
    np.testing.assert_array_equal(data.values, before)
    assert not np.array_equal(after.values, before)


def test_folder_that_cannot_be_written(raw: Path, output: Path, make_dataset: Make) -> None:
    write(raw, VALUES)
    output.write_text("a file where the folder should be")
    assert str(output) in message_of(lambda: prepare("Toy", make_dataset(), raw, output))


# Loading


def test_arrays_are_mapped_read_only(raw: Path, output: Path, make_dataset: Make) -> None:
    data = prepared(raw, output, make_dataset())
    for array in (data.values, data.time_features):
        assert isinstance(array, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


@pytest.mark.parametrize("name", FILES)
def test_missing_file(raw: Path, output: Path, make_dataset: Make, name: str) -> None:
    prepared(raw, output, make_dataset())
    (output / name).unlink()
    message = message_of(lambda: PreparedData.load(output))
    assert name in message
    assert str(output) in message


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["truncated", "one byte", "empty"])
def test_damaged_file(raw: Path, output: Path, make_dataset: Make, name: str, damage: str) -> None:
    prepared(raw, output, make_dataset())
    content = (output / name).read_bytes()
    other = {
        "truncated": content[:-7],
        "one byte": content[:-9] + bytes([content[-9] ^ 255]) + content[-8:],
        "empty": b"",
    }[damage]
    (output / name).write_bytes(other)
    assert name in message_of(lambda: PreparedData.load(output))


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"rows": 11}, "values.npy"),
        ({"channels": 3}, "float32 (10, 3)"),
        ({"ends": [6, 8, 11]}, "ends [6, 8, 11] do not fit 10 rows"),
        ({"ends": [6, 6, 10]}, "ends [6, 6, 10]"),
        ({"ends": [6, 8]}, "ends"),
        ({"format": 1}, "format"),
        ({"kind": "m4"}, "series"),
        ({"kind": "other"}, "'other'"),
        ({"kind": None}, "kind"),
        ({"sha256": None}, "sha256"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_meta_that_does_not_fit(
    raw: Path, output: Path, make_dataset: Make, changes: dict[str, object], part: str
) -> None:
    prepared(raw, output, make_dataset())
    meta = json.loads((output / "meta.json").read_text())
    (output / "meta.json").write_text(json.dumps({**meta, **changes}))
    assert part in message_of(lambda: PreparedData.load(output))


def test_pickle_is_never_loaded(raw: Path, output: Path, make_dataset: Make) -> None:
    prepared(raw, output, make_dataset())
    np.save(output / "values.npy", np.array([[object()]]), allow_pickle=True)
    meta = json.loads((output / "meta.json").read_text())
    meta["prepared_sha256"]["values.npy"] = hashlib.sha256((output / "values.npy").read_bytes()).hexdigest()
    (output / "meta.json").write_text(json.dumps(meta))
    assert "values.npy" in message_of(lambda: PreparedData.load(output))


def test_load_gives_the_class_of_the_kind(raw: Path, output: Path, make_dataset: Make) -> None:
    prepared(raw, output, make_dataset())
    assert type(PreparedData.load(output)) is type(SeriesData.load(output)) is SeriesData
    assert "holds SeriesData, not M4Data" in message_of(lambda: M4Data.load(output))


# Parts


@pytest.mark.parametrize(
    ("split", "look_back", "rows"),
    [
        ("train", 4, (0, 6)),
        ("val", 4, (2, 8)),
        ("test", 4, (4, 10)),
        ("train", 6, (0, 6)),
        ("val", 6, (0, 8)),
        ("test", 8, (0, 10)),
    ],
)
def test_rows_of(
    raw: Path, output: Path, make_dataset: Make, split: Split, look_back: int, rows: tuple[int, int]
) -> None:
    assert prepared(raw, output, make_dataset()).rows_of(split, look_back) == rows


@pytest.mark.parametrize(("split", "look_back", "has"), [("train", 7, 6), ("val", 7, 6), ("test", 9, 8)])
def test_look_back_too_long(
    raw: Path, output: Path, make_dataset: Make, split: Split, look_back: int, has: int
) -> None:
    data = prepared(raw, output, make_dataset())
    message = message_of(lambda: data.rows_of(split, look_back))
    assert f"dataset Toy: {split} needs {look_back} rows to look back on, but has {has}" in message
