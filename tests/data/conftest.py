"""Small datasets for the tests of specar.data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from specar.data.registry import Dataset


@pytest.fixture
def make_dataset() -> Callable[..., Dataset]:
    """Build a registry entry with one file ``series.csv`` in the mirror folder ``toy``."""

    def make(**changes: Any) -> Dataset:
        file = {"name": "series.csv", **changes.pop("file", {})}
        entry: dict[str, Any] = {
            "title": "Toy",
            "licence": "none",
            "source": "a test",
            "folder": "toy",
            "files": [file],
            "channels": 2,
            "splits": {"train": 6, "val": 2, "test": 2},
            "seasonality": 24,
        }
        return Dataset.model_validate({**entry, **changes})

    return make
