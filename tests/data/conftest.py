"""Small datasets for the tests of specar.data."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from specar.data.registry import Dataset


@pytest.fixture
def make_dataset() -> Callable[..., Dataset]:
    """Build a registry entry in the mirror folder ``toy``: a CSV file ``series.csv``, or another format."""

    def make(**changes: Any) -> Dataset:
        file = {"name": "series.csv", **changes.pop("file", {})}
        entry: dict[str, Any] = {
            "title": "Toy",
            "licence": "none",
            "source": "a test",
            "folder": "toy",
            "files": [file],
            "channels": 2,
        }
        if changes.get("format", "csv") == "csv":
            entry |= {"splits": {"train": 6, "val": 2, "test": 2}, "seasonality": 24}
        dataset: Dataset = TypeAdapter(Dataset).validate_python({**entry, **changes})
        return dataset

    return make


@pytest.fixture(scope="session")
def real_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that gives a file of a mirror of the real data, unpacked, or skips."""
    configured = os.environ.get("SPECAR_MIRROR")
    mirror = Path(configured) if configured else Path(__file__).parents[3] / "shared" / "data"
    unpacked = tmp_path_factory.mktemp("unpacked")

    def find(name: str) -> Path:
        packed = mirror / f"{name}.gz"
        if (mirror / name).is_file():
            return mirror / name
        if not packed.is_file():
            pytest.skip(f"needs {name} of SPECAR_MIRROR, or of a mirror beside the repository")
        path = unpacked / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.decompress(packed.read_bytes()))
        return path

    return find
