"""Datasets that join several series: their entries, files and arrays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter
from sklearn.preprocessing import StandardScaler

from specar.base.errors import SpecarError
from specar.config import expand, parse_config, run_id
from specar.data.download import fetch
from specar.data.mirror import components, in_place, own_files
from specar.data.prepare import prepare
from specar.data.prepared import JoinedData, SeriesData, read_prepared
from specar.data.registry import Dataset, JoinedDataset, builtin_datasets, linked
from specar.data.status import dataset_state, listing

ENDS = {"A": (30, 40, 50), "B": (12, 16, 20)}
ROWS = {"A": 50, "B": 23}  # three of B are beyond its test part


def values_of(name: str, channels: int = 2) -> np.ndarray:
    random = np.random.default_rng(ord(name))
    return random.normal(loc=ord(name), scale=1 + ord(name) % 3, size=(ROWS[name], channels))


def write(folder: Path, name: str, values: np.ndarray) -> None:
    frame = pd.DataFrame(values, columns=[f"{name}{index}" for index in range(values.shape[1])])
    frame.insert(0, "date", pd.date_range("2021-03-01", periods=len(values), freq="h").astype(str))
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "series.csv", index=False)


def entry_of(name: str) -> dict[str, Any]:
    train, val, test = ENDS[name]
    return {
        "title": name, "licence": f"licence {name}", "source": "a test", "folder": f"folder-{name}",
        "files": [{"name": "series.csv", "bytes": 1000}], "seasonality": {"A": 24, "B": 7}[name],
        "splits": {"train": train, "val": val - train, "test": test - val},
    }  # fmt: skip


JOINED = {"format": "joined", "title": "both", "parts": ["A", "B"]}


def datasets_of(**changes: Any) -> dict[str, Dataset]:
    values = {"A": entry_of("A"), "B": entry_of("B"), "Both": JOINED, **changes}
    return linked(TypeAdapter(dict[str, Dataset]).validate_python(values))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    for name in "AB":
        write(tmp_path / "mirror" / f"folder-{name}", name, values_of(name))
    return tmp_path / "mirror"


@pytest.fixture
def prepared(tmp_path: Path, mirror: Path) -> Callable[..., Path]:
    """Fetch and prepare a dataset; returns its folder."""

    def make(name: str) -> Path:
        dataset, raw = datasets_of()[name], tmp_path / "raw" / name
        fetch(name, dataset, raw, str(mirror))
        prepare(name, dataset, raw, tmp_path / "prepared" / name)
        return tmp_path / "prepared" / name

    return make


def test_each_part_is_prepared_as_it_is_alone(prepared: Callable[..., Path]) -> None:
    data = JoinedData.load(prepared("Both"))
    assert [part.name for part in data.parts] == ["A", "B"]
    for part in data.parts:
        alone = SeriesData.load(prepared(part.name))
        np.testing.assert_array_equal(part.values, alone.values)
        np.testing.assert_array_equal(part.time_features, alone.time_features)
        assert (part.ends, part.seasonality) == (alone.ends, alone.seasonality) == (
            ENDS[part.name], {"A": 24, "B": 7}[part.name]
        )  # fmt: skip
    np.testing.assert_array_equal(data.values, np.concatenate([part.values for part in data.parts]))
    assert data.values.shape == (50 + 20, 2)


def test_each_part_is_scaled_by_its_own_train_rows(prepared: Callable[..., Path]) -> None:
    folder = prepared("Both")
    meta = json.loads((folder / "meta.json").read_text())
    for part, described in zip(JoinedData.load(folder).parts, meta["parts"], strict=True):
        raw = values_of(part.name)
        scaler = StandardScaler().fit(raw[: ENDS[part.name][0]])
        np.testing.assert_allclose(part.values, scaler.transform(raw[: ENDS[part.name][2]]), atol=1e-5)
        np.testing.assert_allclose(described["mean"], scaler.mean_)
        np.testing.assert_allclose(described["std"], scaler.scale_)
        assert described["columns"] == [f"{part.name}0", f"{part.name}1"]
    assert set(meta["sha256"]) == {"A/series.csv", "B/series.csv"}


def test_its_files_are_those_of_its_parts(
    tmp_path: Path, mirror: Path, prepared: Callable[..., Path]
) -> None:
    datasets, raw = datasets_of(), tmp_path / "raw"
    both = datasets["Both"]
    assert [path.parent.name for path in own_files(both, str(mirror))] == ["folder-A", "folder-B"]
    assert not in_place(both, raw / "Both", None)
    assert fetch("A", datasets["A"], raw / "A", str(mirror)) == [raw / "A" / "series.csv"]
    kept = (raw / "A" / "series.csv").stat()
    assert fetch("Both", both, raw / "Both", str(mirror)) == [raw / name / "series.csv" for name in "AB"]
    now = (raw / "A" / "series.csv").stat()
    assert (now.st_ino, now.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)  # not a second time
    assert not (raw / "Both").exists()
    assert in_place(both, raw / "Both", None)
    assert [part.folder for part in components("Both", both, raw / "Both")] == [raw / "A", raw / "B"]
    assert dataset_state(both, raw / "Both", tmp_path / "prepared" / "Both") == "downloaded"
    prepared("Both")
    row = listing({"Both": both}, raw, tmp_path / "prepared")[0]
    assert (row.state, row.size, row.licence) == ("prepared", "0.00", "licence A; licence B")
    assert (row.source, row.kind, row.caution) == ("a test", "series", None)


def test_a_changed_part_is_prepared_again(tmp_path: Path, prepared: Callable[..., Path]) -> None:
    folder = prepared("Both")
    before = (folder / "meta.json").stat().st_mtime_ns
    assert prepared("Both") == folder
    assert (folder / "meta.json").stat().st_mtime_ns == before
    write(tmp_path / "mirror" / "folder-B", "B", values_of("B") + 1)
    prepared("Both")
    assert (folder / "meta.json").stat().st_mtime_ns > before


def test_parts_must_have_the_same_channels(tmp_path: Path, prepared: Callable[..., Path]) -> None:
    write(tmp_path / "mirror" / "folder-B", "B", values_of("B", 3))
    with pytest.raises(SpecarError, match="dataset Both: B has 3 channels, but A has 2"):
        prepared("Both")
    with pytest.raises(ValueError, match="Both: its parts differ in their channels"):
        datasets_of(A={**entry_of("A"), "channels": 2}, B={**entry_of("B"), "channels": 3})


def test_a_missing_part_is_named(tmp_path: Path, mirror: Path) -> None:
    (mirror / "folder-B" / "series.csv").unlink()
    with pytest.raises(SpecarError, match=r"dataset B: no source gives series.csv"):
        fetch("Both", datasets_of()["Both"], tmp_path / "raw" / "Both", str(mirror))
    with pytest.raises(SpecarError, match=r"dataset B: .*B/series.csv is missing"):
        prepare("Both", datasets_of()["Both"], tmp_path / "raw" / "Both", tmp_path / "prepared")


@pytest.mark.parametrize("change", [{"rows": 49}, {"ends": [30, 40, 51]}, {"ends": [40, 30, 50]}])
def test_meta_that_does_not_fit(prepared: Callable[..., Path], change: dict[str, Any]) -> None:
    folder = prepared("Both")
    meta = json.loads((folder / "meta.json").read_text())
    meta["parts"][0].update(change)
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(SpecarError, match="damaged or missing"):
        read_prepared(folder)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["A", "C"], "datasets: Both: part C is unknown"),
        (["A", "Both"], "datasets: Both: part Both is no CSV dataset"),
        (["A", "M4-Daily"], "datasets: Both: part M4-Daily is no CSV dataset"),
        (["A", "A"], "datasets.Both.parts: a part is named twice"),
        (["A"], "datasets.Both.parts: List should have at least 2 items"),
    ],
)
def test_mistakes_are_one_clear_line(parts: list[str], message: str) -> None:
    values = {"A": entry_of("A"), "Both": {**JOINED, "parts": parts}}
    with pytest.raises(SpecarError) as caught:
        parse_config({"datasets": values})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_four_ett_sets_are_joined_by_name_only() -> None:
    ett = builtin_datasets()["ETT-unified"]
    assert isinstance(ett, JoinedDataset)
    assert list(ett.entries) == ["ETTm1", "ETTm2", "ETTh1", "ETTh2"]
    assert ett.entries["ETTh1"] == builtin_datasets()["ETTh1"]
    axes = {"seeds": [1], "top": [False], "run_models": ["specar"]}
    entry: dict[str, Any] = {"task": "imputation", "mask_ratios": [0.25]}
    own = {"A": entry_of("A"), "B": entry_of("B"), "Both": JOINED}
    runs = expand(parse_config({**axes, "matrix": [entry], "datasets": own})).values()
    assert {run.dataset for run in runs} >= {"ETTm1", "A", "B"}
    assert not {run.dataset for run in runs} & {"ETT-unified", "Both"}
    named = [{**entry, "datasets": ["ETT-unified", "ETTm1"]}]
    unified, alone = expand(parse_config({**axes, "matrix": named})).values()
    assert (unified.model, unified.training, unified.seq_len) == (alone.model, alone.training, alone.seq_len)
    assert [part["name"] for part in unified.data["parts"]] == list(ett.entries)


def test_it_follows_changes_of_its_parts() -> None:
    entry = {"task": "imputation", "datasets": ["ETT-unified"], "mask_ratios": [0.25]}
    axes = {"seeds": [1], "top": [False], "run_models": ["specar"], "matrix": [entry]}
    (run,) = expand(parse_config(axes)).values()
    (changed,) = expand(parse_config({**axes, "datasets": {"ETTh1": {"splits": {"train": 8000}}}})).values()
    assert changed.data["parts"][2]["splits"]["train"] == 8000
    assert run_id(changed) != run_id(run)
    order = {"ETT-unified": {"parts": ["ETTh1", "ETTm1", "ETTm2", "ETTh2"]}}
    (other,) = expand(parse_config({**axes, "datasets": order})).values()
    assert run_id(other) != run_id(run)
