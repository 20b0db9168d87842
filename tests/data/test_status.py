"""Listings of datasets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from specar.data.registry import Dataset, builtin_datasets
from specar.data.status import dataset_state, listing, without_hash

Make = Callable[..., Dataset]


@pytest.mark.parametrize("restricted", [None, "ask its owner"])
def test_state(make_dataset: Make, tmp_path: Path, restricted: str | None) -> None:
    files = [{"name": "train/a.ts"}, {"name": "b.ts"}]
    dataset = make_dataset(format="ts", files=files, restricted=restricted)
    raw, prepared, mirror = tmp_path / "raw", tmp_path / "prepared", tmp_path / "mirror"
    absent = "on request" if restricted else "missing"
    assert dataset_state(dataset, raw, prepared) == absent
    _touch(raw / "train" / "a.ts")
    assert dataset_state(dataset, raw, prepared) == absent  # a part of the files is not enough
    _touch(mirror / "toy" / "b.ts.gz")
    assert dataset_state(dataset, raw, prepared) == absent
    assert dataset_state(dataset, raw, prepared, str(mirror)) == "missing"
    _touch(raw / "b.ts")
    assert dataset_state(dataset, raw, prepared) == "downloaded"
    for content in ("", "[]", "{}", json.dumps({"identity": {**dataset.identity(), "classes": 5}})):
        _touch(prepared / "meta.json")
        (prepared / "meta.json").write_text(content)
        assert dataset_state(dataset, raw, prepared) == "downloaded"
    (prepared / "meta.json").write_text(json.dumps({"identity": dataset.identity()}))
    assert dataset_state(dataset, raw, prepared) == "prepared"
    (raw / "b.ts").unlink()
    assert dataset_state(dataset, raw, prepared) == "prepared"


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_listing(make_dataset: Make, tmp_path: Path) -> None:
    _touch(tmp_path / "raw" / "Mine" / "series.csv")
    rows = listing({"Mine": make_dataset(), "Other": make_dataset()}, tmp_path / "raw", tmp_path / "prepared")
    assert [(row.name, row.state, row.kind) for row in rows] == [
        ("Mine", "downloaded", "series"),
        ("Other", "missing", "series"),
    ]
    assert (rows[0].licence, rows[0].source, rows[0].caution) == ("none", "a test", None)


def test_listing_has_the_caution(make_dataset: Make, tmp_path: Path) -> None:
    files = [{"name": f"{folder}/{name}.txt"} for folder in ("train", "test", "test_label") for name in "ab"]
    part = make_dataset(format="machines", files=files, machines=["a"])
    [row] = listing({"Part": part}, tmp_path, tmp_path)
    assert row.caution == "1 of its 2 machines; published numbers are of all"


ZIP = {"url": "https://a.example/x.zip", "member": "a.ts", "bytes": 80_854_057}
OTHER = {"url": "https://a.example/y.zip", "member": "a.ts", "bytes": 10**9}


@pytest.mark.parametrize(
    ("first", "second", "size"),
    [
        ({"bytes": 1_234_567}, {"bytes": 1_000_000}, "2.23"),
        ({"bytes": 0}, {"bytes": 0}, "0.00"),
        ({"bytes": 1_234_567}, {}, "≥ 1.23"),
        ({}, {}, "?"),
        ({"archives": [ZIP, OTHER]}, {"archives": [ZIP, OTHER]}, "≥ 80.85"),  # one archive for both
        ({"bytes": 5_000_000, "archives": [ZIP]}, {"bytes": 1_000_000, "archives": [ZIP]}, "6.00"),
        ({"archives": [{**ZIP, "bytes": None}]}, {}, "?"),
    ],
)
def test_size(
    make_dataset: Make, tmp_path: Path, first: dict[str, object], second: dict[str, object], size: str
) -> None:
    dataset = make_dataset(format="ts", files=[{"name": "a.ts", **first}, {"name": "b.ts", **second}])
    [row] = listing({"Toy": dataset}, tmp_path, tmp_path)
    assert row.size == size


def test_listing_of_the_datasets_of_the_paper(tmp_path: Path) -> None:
    rows = {row.name: row for row in listing(builtin_datasets(), tmp_path, tmp_path)}
    assert len(rows) == 30 + 1  # and one that joins four of them
    assert {name for name, row in rows.items() if row.state == "on request"} == {"SWaT"}
    assert {row.state for row in rows.values()} == {"missing", "on request"}
    assert rows["Heartbeat"].size == "≥ 80.85"
    assert rows["Traffic"].size == "136.48"
    assert "?" not in {row.size for name, row in rows.items() if not name.startswith("M4")}


# Of the archive that they come in a hash is known, of themselves none.
OF_ARCHIVES = [
    *("EthanolConcentration", "FaceDetection", "Heartbeat", "PEMS-SF"),
    *("SelfRegulationSCP1", "SelfRegulationSCP2", "SpokenArabicDigits"),
]


def test_the_files_without_a_hash_are_named(make_dataset: Make) -> None:
    named = [f"{name}/{name}_{part}.ts" for name in OF_ARCHIVES for part in ("TRAIN", "TEST")]
    assert without_hash(builtin_datasets()) == named
    blob = make_dataset(file={"git_blob": "0" * 40})
    assert without_hash({"Mine": make_dataset(), "Known": blob}) == ["Mine/series.csv"]
