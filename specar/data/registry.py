"""The dataset registry: one entry per dataset, in ``registry.yaml``."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, model_validator

from specar.errors import SpecarError
from specar.strict import Strict


def _safe(name: str) -> str:
    if not name or name.startswith(("/", ".")) or ".." in name.split("/") or "\\" in name:
        raise ValueError(f"{name!r} must be a relative path without '..'")
    return name


RelativePath = Annotated[str, AfterValidator(_safe)]
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")]


class DatasetFile(Strict):
    """A file of a dataset and where it can be downloaded, best source first."""

    name: RelativePath
    urls: list[str] = []
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="checked after the download; null: not checked (your own files)"
    )
    bytes: int | None = Field(None, ge=0)


class Splits(Strict):
    """Sizes of the consecutive parts: all in rows (int) or all as shares (float) of the series."""

    train: int | float = Field(gt=0)
    val: int | float = Field(gt=0)
    test: int | float = Field(gt=0)

    @model_validator(mode="after")
    def _one_unit(self) -> Splits:
        parts = (self.train, self.val, self.test)
        if all(isinstance(part, int) for part in parts):
            return self
        if any(isinstance(part, int) for part in parts) or abs(sum(parts) - 1) > 1e-9:
            raise ValueError("give train, val and test all in rows, or all as shares that sum to 1")
        return self

    def borders(self, rows: int) -> tuple[int, int, int]:
        """Return the ends (exclusive) of train, val and test for a series of ``rows`` rows.

        Shares follow the authors: train and test are rounded down, val is what remains.
        """
        if isinstance(self.train, int):
            train, val, test = int(self.train), int(self.val), int(self.test)
        else:
            train, test = int(rows * self.train), int(rows * self.test)
            val = rows - train - test
        return train, train + val, train + val + test


class Dataset(Strict):
    """A registry entry: a multivariate series in a CSV file with a date column."""

    title: str
    licence: str
    source: str
    folder: RelativePath = Field(description="folder of the files in a mirror")
    files: list[DatasetFile] = Field(min_length=1)
    format: Literal["csv"] = "csv"
    date_column: str = "date"
    channels: int | None = Field(None, ge=1, description="expected number of value columns")
    splits: Splits
    seasonality: int = Field(ge=1, description="rows in a season, for the seasonal naive floor")

    def identity(self) -> dict[str, Any]:
        """What decides the prepared arrays: content and treatment, not where a copy was found."""
        described = self.model_dump(mode="json", include={"format", "date_column", "splits", "seasonality"})
        return {**described, "files": [{"name": f.name, "sha256": f.sha256} for f in self.files]}


@cache
def builtin_datasets() -> dict[str, Dataset]:
    """The datasets of the paper that the package knows, by name."""
    text = files("specar.data").joinpath("registry.yaml").read_text(encoding="utf-8")
    return {name: Dataset.model_validate(entry) for name, entry in yaml.safe_load(text).items()}


def find_dataset(name: str, datasets: dict[str, Dataset]) -> Dataset:
    """Look up a dataset.

    Raises
    ------
    SpecarError
        There is no such entry; the message names the closest ones.
    """
    if name in datasets:
        return datasets[name]
    close = difflib.get_close_matches(name, datasets, n=3) or sorted(datasets)
    raise SpecarError(f"unknown dataset {name!r}; known: {', '.join(close)} (add one under 'datasets:')")
