"""Prepared arrays of M4, classification and anomaly detection."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter
from sklearn.preprocessing import StandardScaler

from specar.base.errors import SpecarError
from specar.base.files import sha256_of
from specar.data.meta import ARRAYS, META
from specar.data.prepare import prepare
from specar.data.prepared import AnomalyData, ClassificationData, M4Data, PreparedData
from specar.data.registry import Dataset, builtin_datasets
from specar.metrics.short_term import naive2

M4_TRAIN = '"V1","V2","V3","V4","V5"\n"A",1,2,3,4\n"B",8,9,,\n"C",5,6,7,\n'
M4_TEST = '"V1","V2","V3"\n"C",9,9\n"A",5,6\n"B",10,11\n'
TS_HEADER = "@dimensions 3\n@classLabel true x y\n@data\n"
TS_TRAIN = TS_HEADER + "1,2,4:5,5,5:0,?,1:y\n3,1:5,5:?,?:x\n2:5:3:y\n"
TS_TEST = TS_HEADER + "1,?,4,9:5,5,5,7:0,1,1,1:x\n3,1:5,5:7:y\n"


def entry(kind: str) -> Dataset:
    described = {"title": "Toy", "licence": "none", "source": "a test", "folder": "toy"}
    names, options = {
        "m4": (["train.csv", "test.csv"], {"format": "m4", "horizon": 2, "seasonality": 1}),
        "classification": (["train.ts", "test.ts"], {"format": "ts", "classes": 2, "channels": 3}),
        "anomaly": (["train.npy", "test.npy", "labels.npy"], {"format": "npy"}),
    }[kind]
    values = {**described, "files": [{"name": name} for name in names], **options}
    dataset: Dataset = TypeAdapter(Dataset).validate_python(values)
    return dataset


ANOMALY_TRAIN = np.random.default_rng(0).normal(5, 3, (9, 3))
ANOMALY_TRAIN[:, 1] = 0.1
ANOMALY_TEST = ANOMALY_TRAIN[:6] + np.arange(6.0)[:, None]
ANOMALY_LABELS = np.array([0, 0, 0, 1, 1, 0])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "train.csv").write_text(M4_TRAIN)
    (folder / "test.csv").write_text(M4_TEST)
    (folder / "train.ts").write_text(TS_TRAIN)
    (folder / "test.ts").write_text(TS_TEST)
    np.save(folder / "train.npy", ANOMALY_TRAIN)
    np.save(folder / "test.npy", ANOMALY_TEST)
    np.save(folder / "labels.npy", ANOMALY_LABELS)
    return folder


def prepared(kind: str, raw: Path, name: str = "prepared") -> PreparedData:
    folder = raw.parent / name
    prepare("Toy", entry(kind), raw, folder)
    return PreparedData.load(folder)


def message_of(action: Callable[[], object]) -> str:
    with pytest.raises(SpecarError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_m4(raw: Path) -> None:
    data = prepared("m4", raw)
    assert isinstance(data, M4Data)
    np.testing.assert_array_equal(data.train_values, [1, 2, 3, 4, 8, 9, 5, 6, 7])
    np.testing.assert_array_equal(data.train_offsets, [0, 4, 6, 9])
    np.testing.assert_array_equal(data.test_values, [[5, 6], [10, 11], [9, 9]])
    np.testing.assert_array_equal(data.naive2, [[4, 4], [9, 9], [7, 7]])
    np.testing.assert_array_equal(data.series(1), [8, 9])
    assert (data.horizon, data.seasonality) == (2, 1)
    assert (data.meta["series"], data.meta["steps"], data.meta["ids"]) == (3, 9, ["A", "B", "C"])


@pytest.mark.parametrize(("part", "old"), [("train", "9"), ("test", "11")])
def test_m4_values_that_overflow(raw: Path, part: str, old: str) -> None:
    path = raw / f"{part}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, "1e308", 1))
    assert "dataset Toy: series 'B' is too large for float32" in message_of(lambda: prepared("m4", raw))
    assert not (raw.parent / "prepared").exists()


def test_classification(raw: Path) -> None:
    data = prepared("classification", raw)
    assert isinstance(data, ClassificationData)
    # Missing: between 0 and 1, then a whole channel, which becomes the mean; neither is part of it.
    nan = np.nan
    train = np.array([[1, 5, 0], [2, 5, nan], [4, 5, 1], [3, 5, nan], [1, 5, nan], [2, 5, 3.0]])
    test = np.array([[1, 5, 0], [2.5, 5, 1], [4, 5, 1], [9, 7, 1], [3, 5, 7], [1, 5, 7]])
    scaler = StandardScaler().fit(train)
    mean = scaler.mean_[2]
    train[1, 2], train[3:5, 2] = 0.5, mean
    np.testing.assert_allclose(data.train_values, scaler.transform(train), rtol=1e-6)
    assert (data.train_values[3:5, 2] == 0).all()
    np.testing.assert_allclose(data.test_values, scaler.transform(test), rtol=1e-6)
    np.testing.assert_allclose(data.meta["mean"], scaler.mean_)
    np.testing.assert_allclose(data.meta["std"], scaler.scale_)
    assert data.meta["std"][1] == 1  # constant
    assert data.test_values[3, 1] == 2
    assert mean == pytest.approx(4 / 3)
    np.testing.assert_array_equal(data.train_offsets, [0, 3, 5, 6])
    np.testing.assert_array_equal(data.test_offsets, [0, 4, 6])
    np.testing.assert_array_equal(data.train_labels, [1, 0, 1])
    np.testing.assert_array_equal(data.test_labels, [0, 1])
    assert data.classes == ["x", "y"]
    assert data.meta["train"] == {"cases": 3, "steps": 6, "longest": 3, "missing": 3}
    assert data.meta["test"] == {"cases": 2, "steps": 6, "longest": 4, "missing": 2}


def test_anomaly(raw: Path) -> None:
    data = prepared("anomaly", raw)
    assert isinstance(data, AnomalyData)
    scaler = StandardScaler().fit(ANOMALY_TRAIN)
    np.testing.assert_allclose(data.train, scaler.transform(ANOMALY_TRAIN), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(data.test, scaler.transform(ANOMALY_TEST), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(data.test[:, 1], np.arange(6), atol=1e-6)  # constant in train
    np.testing.assert_array_equal(data.labels, ANOMALY_LABELS == 1)
    assert data.labels.dtype == np.bool_
    assert (data.train_ends, data.test_ends) == ((9,), (6,))
    assert data.meta["missing"] == {"train": 0, "test": 0}
    assert data.meta["columns"] is None


@pytest.mark.parametrize("kind", ["classification", "anomaly"])
def test_the_test_file_changes_nothing_of_train(raw: Path, kind: str) -> None:
    before = prepared(kind, raw, "before")
    (raw / "test.ts").write_text(TS_HEADER + "-1e6,2:3e9,4:5,6:y\n1:1:1:x\n")
    np.save(raw / "test.npy", ANOMALY_TEST * -1e6)
    after = prepared(kind, raw, "after")
    test_arrays = [name for name in ARRAYS[entry(kind).kind] if name.startswith("test")]
    assert any(
        sha256_of(raw.parent / "before" / n) != sha256_of(raw.parent / "after" / n) for n in test_arrays
    )
    for name in set(ARRAYS[entry(kind).kind]) - set(test_arrays):
        assert (raw.parent / "before" / name).read_bytes() == (raw.parent / "after" / name).read_bytes()
    for key in ("mean", "std"):
        assert after.meta[key] == before.meta[key]


@pytest.mark.parametrize("kind", ["m4", "classification", "anomaly"])
def test_folder_and_meta(raw: Path, kind: str) -> None:
    data = prepared(kind, raw)
    folder, dataset = raw.parent / "prepared", entry(kind)
    assert sorted(path.name for path in folder.iterdir()) == sorted([META, *ARRAYS[dataset.kind]])
    meta = json.loads((folder / META).read_text())
    assert (meta["format"], meta["kind"], meta["name"]) == (3, kind, "Toy")
    assert meta["identity"] == dataset.identity()
    assert meta["sha256"] == {file.name: sha256_of(raw / file.name) for file in dataset.files}
    assert meta["prepared_sha256"] == {name: sha256_of(folder / name) for name in ARRAYS[dataset.kind]}
    assert (data.meta, data.sha256, data.name) == (meta, meta["sha256"], "Toy")


@pytest.mark.parametrize("kind", ["m4", "classification", "anomaly"])
def test_same_input_gives_the_same_bytes(raw: Path, kind: str) -> None:
    prepared(kind, raw, "once")
    prepared(kind, raw, "again")
    for name in [META, *ARRAYS[entry(kind).kind]]:
        assert (raw.parent / "once" / name).read_bytes() == (raw.parent / "again" / name).read_bytes()


@pytest.mark.parametrize("kind", ["m4", "classification", "anomaly"])
def test_arrays_are_mapped_read_only_and_checked(raw: Path, kind: str) -> None:
    data = prepared(kind, raw)
    for name in ARRAYS[entry(kind).kind]:
        path = raw.parent / "prepared" / name
        array = getattr(data, path.stem)
        assert isinstance(array, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert name in message_of(lambda: PreparedData.load(raw.parent / "prepared"))
        path.write_bytes(content)


def test_meta_and_arrays_that_do_not_fit(raw: Path) -> None:
    prepared("anomaly", raw)
    path = raw.parent / "prepared" / META
    meta = json.loads(path.read_text())
    path.write_text(json.dumps({**meta, "test_ends": [7]}))
    assert "float32 (6, 3), but meta.json says float32 (7, 3)" in message_of(
        lambda: PreparedData.load(path.parent)
    )


@pytest.mark.parametrize("kind", ["m4", "classification", "anomaly"])
def test_missing_and_damaged_raw_files(raw: Path, kind: str) -> None:
    dataset = entry(kind)
    last = dataset.files[-1]
    damaged = last.model_copy(update={"sha256": "0" * 64})
    wrong = dataset.model_copy(update={"files": [*dataset.files[:-1], damaged]})
    assert f"{last.name} is damaged" in message_of(lambda: prepare("Toy", wrong, raw, raw.parent / "out"))
    (raw / last.name).unlink()
    assert f"{last.name} is missing" in message_of(lambda: prepare("Toy", dataset, raw, raw.parent / "out"))
    assert not (raw.parent / "out").exists()


@pytest.mark.parametrize(
    ("train", "test", "part"),
    [
        (TS_TRAIN.replace("x y", "x y z"), TS_TEST, "train.ts has 3 classes, not 2"),
        (TS_TRAIN, TS_TEST.replace(":x\n", ":y\n"), "test.ts: every case is of class 'y'; give"),
        (
            TS_TRAIN,
            TS_TEST.replace("x y", "x y z").replace(":x", ":z"),
            "test.ts has class 'z', which the train",
        ),
        ("@dimensions 1\n@classLabel true x y\n@data\n1:x\n", TS_TEST, "train.ts has 1 channels, not 3"),
        (TS_TRAIN, "@dimensions 1\n@classLabel true x y\n@data\n1:x\n", "test.ts has 1 channels, not 3"),
    ],
)
def test_classification_files_that_do_not_fit(raw: Path, train: str, test: str, part: str) -> None:
    (raw / "train.ts").write_text(train)
    (raw / "test.ts").write_text(test)
    assert part in message_of(lambda: prepared("classification", raw))
    assert not (raw.parent / "prepared").exists()


def test_the_names_of_the_arrays_cost_no_heavy_import() -> None:
    heavy = "{'torch', 'pandas', 'sklearn', 'statsmodels'}"
    code = f"import sys, specar.data.meta, specar.data.prepared; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Real files


@pytest.fixture
def prepare_real(real_file: Callable[[str], Path], tmp_path: Path) -> Callable[..., PreparedData]:
    """Return a function that prepares a dataset of the registry from the real files, or skips."""

    def run(name: str, **changes: object) -> PreparedData:
        dataset = builtin_datasets()[name].model_copy(update=changes)
        for file in dataset.used_files:
            path = tmp_path / "raw" / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(real_file(f"{dataset.folder}/{file.name}"))
        prepare(name, dataset, tmp_path / "raw", tmp_path / "prepared")
        return PreparedData.load(tmp_path / "prepared")

    return run


def test_real_m4(prepare_real: Callable[..., M4Data]) -> None:
    data = prepare_real("M4-Hourly")
    assert (len(data.test_values), data.horizon, data.seasonality) == (414, 48, 24)
    subset = data.train_offsets[:6]
    expected = naive2(data.train_values[: subset[-1]], subset, 24, 48)
    np.testing.assert_array_equal(data.naive2[:5], expected)


def test_real_classification(prepare_real: Callable[..., ClassificationData]) -> None:
    data = prepare_real("JapaneseVowels")
    assert (len(data.train_labels), len(data.test_labels), len(data.classes)) == (270, 370, 9)
    assert np.bincount(data.train_labels).tolist() == [30] * 9
    lengths = [
        end - start for ends in (data.train_offsets, data.test_offsets) for start, end in pairwise(ends)
    ]
    assert (min(lengths), max(lengths)) == (7, 29)
    np.testing.assert_allclose(data.train_values.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(data.train_values.std(axis=0), 1, rtol=1e-5)


def test_real_anomalies(prepare_real: Callable[..., AnomalyData]) -> None:
    data = prepare_real("SMD", machines=["machine-1-2", "machine-1-5"])
    assert (data.train_ends, data.test_ends) == ((23694, 47399), (23694, 47400))
    assert data.train.shape == (47399, 38)
    std = data.train.std(axis=0, dtype=np.float64)
    assert np.all((np.abs(std - 1) < 1e-5) | (std == 0))
