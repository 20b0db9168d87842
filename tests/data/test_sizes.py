"""Sizes in the registry against the files, and what they must not change."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from specar.data.readers import read_ts
from specar.data.registry import CsvDataset, Dataset, M4Dataset, NpyDataset, TsDataset, builtin_datasets

DEMO = Path(__file__).parents[2] / "config" / "demo-data"


def sizes_of(name: str) -> dict[str, int]:
    sizes: dict[str, int] = builtin_datasets()[name].model_dump()["sizes"]
    return sizes


def rows_of(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines()) - 1


def cases_of(paths: list[Path]) -> dict[str, int]:
    lengths = [np.diff(read_ts(path).offsets) for path in paths]
    longest = max(int(part.max()) for part in lengths)
    return {"train": len(lengths[0]), "test": len(lengths[1]), "longest": longest}


def test_every_dataset_of_the_paper_has_them() -> None:
    for name, dataset in builtin_datasets().items():
        if isinstance(dataset, M4Dataset):
            assert dataset.series
        elif name != "ETT-unified":
            assert sizes_of(name), name


def test_they_decide_nothing() -> None:
    for name, dataset in builtin_datasets().items():
        assert "sizes" not in str(dataset.identity()), name


def test_joined_lengths_sum_to_them() -> None:
    for name in ("MSL", "SMAP"):
        dataset = builtin_datasets()[name]
        assert isinstance(dataset, NpyDataset)
        assert sizes_of(name) == {
            "train": sum(dataset.train_lengths or []),
            "test": sum(dataset.test_lengths or []),
        }


def test_splits_in_rows_fit() -> None:
    def needed(dataset: Dataset) -> int:
        assert isinstance(dataset, CsvDataset)
        assert dataset.sizes is not None
        return dataset.splits.borders(dataset.sizes.rows)[-1]

    used = {name: needed(builtin_datasets()[name]) for name in ("ETTm1", "ETTh2", "ILI")}
    assert used == {"ETTm1": 57600, "ETTh2": 14400, "ILI": 966}


def test_files_that_come_with_the_project(tmp_path: Path) -> None:
    csv = (DEMO / "illness" / "national_illness.csv").read_text()
    assert rows_of(csv) == sizes_of("ILI")["rows"]
    paths = []
    for part in ("TRAIN", "TEST"):
        packed = DEMO / "uea" / "JapaneseVowels" / f"JapaneseVowels_{part}.ts.gz"
        paths.append(tmp_path / packed.stem)
        paths[-1].write_bytes(gzip.decompress(packed.read_bytes()))
    assert cases_of(paths) == sizes_of("JapaneseVowels")


@pytest.mark.parametrize("name", ["ETTm1", "ETTm2", "ETTh1", "ETTh2", "Weather", "Exchange"])
def test_real_series(name: str, real_file: Callable[[str], Path]) -> None:
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, CsvDataset)
    text = real_file(f"{dataset.folder}/{dataset.files[0].name}").read_text(encoding="utf-8")
    assert rows_of(text) == sizes_of(name)["rows"]


@pytest.mark.parametrize("name", ["Handwriting", "UWaveGestureLibrary"])
def test_real_cases(name: str, real_file: Callable[[str], Path]) -> None:
    dataset = builtin_datasets()[name]
    assert isinstance(dataset, TsDataset)
    assert cases_of([real_file(f"{dataset.folder}/{file.name}") for file in dataset.files]) == sizes_of(name)


def test_real_anomalies(real_file: Callable[[str], Path]) -> None:
    parts = {part: np.load(real_file(f"msl/MSL_{part}.npy"), mmap_mode="r") for part in ("train", "test")}
    assert {part: len(values) for part, values in parts.items()} == sizes_of("MSL")
