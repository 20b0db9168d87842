"""The dataset registry: one entry per dataset, in ``registry.yaml``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Discriminator, Field, PrivateAttr, Tag, TypeAdapter, field_validator, model_validator

from specar.base.errors import SpecarError
from specar.base.safe_yaml import read_builtin
from specar.base.strict import Strict
from specar.data.entries import (
    SIZES,
    CaseCounts,
    DatasetEntry,
    DatasetFile,
    DatasetName,
    DateFormat,
    Kind,
    PartCounts,
    RowCount,
    Splits,
)


class CsvDataset(DatasetEntry):
    """A multivariate series in a CSV file with a date column: forecasting and imputation."""

    kind = "series"
    roles = ("series",)

    format: Literal["csv"] = "csv"
    date_column: str = "date"
    date_format: DateFormat | None = Field(
        None, description="of strptime, such as '%d/%m/%Y %H:%M'; null: as the column says itself"
    )
    splits: Splits
    seasonality: int = Field(ge=1, le=1_000_000, description="rows in a season, for the seasonal naive floor")
    sizes: RowCount | None = Field(None, description=SIZES)


class JoinedDataset(Strict):
    """Several series that one model is trained on: a dataset made of other entries of the registry.

    Everything but the names of its parts is theirs: files, splits, seasons. Windows lie within a part, and
    each part is scaled by its own train rows. It is not among "all datasets" of a task: a matrix names it.
    """

    kind: ClassVar[Kind] = "series"

    format: Literal["joined"]
    title: str
    parts: list[DatasetName] = Field(
        min_length=2, description="CSV datasets with the same number of channels, in their order"
    )
    _entries: dict[str, CsvDataset] = PrivateAttr(default_factory=dict)

    @field_validator("parts")
    @classmethod
    def _distinct(cls, parts: list[str]) -> list[str]:
        if len(set(parts)) < len(parts):
            raise ValueError("a part is named twice")
        return parts

    def linked(self, name: str, datasets: Mapping[str, Dataset]) -> JoinedDataset:
        """Return the entry with the entries of its parts; raises as the function `linked`."""
        entries = {}
        for part in self.parts:
            entry = datasets.get(part)
            if not isinstance(entry, CsvDataset):
                problem = "unknown" if entry is None else "no CSV dataset"
                raise ValueError(f"{name}: part {part} is {problem}")
            entries[part] = entry
        if len({entry.channels for entry in entries.values()} - {None}) > 1:
            raise ValueError(f"{name}: its parts differ in their channels")
        copy = self.model_copy()
        copy._entries = entries
        return copy

    @property
    def entries(self) -> dict[str, CsvDataset]:
        """The entries of its parts, in their order."""
        return self._entries

    @property
    def used_files(self) -> list[DatasetFile]:
        """The files of all parts."""
        return [file for entry in self.entries.values() for file in entry.used_files]

    @property
    def licence(self) -> str:
        """The licences of its parts."""
        return "; ".join(dict.fromkeys(entry.licence for entry in self.entries.values()))

    @property
    def source(self) -> str:
        """The sources of its parts."""
        return "; ".join(dict.fromkeys(entry.source for entry in self.entries.values()))

    @property
    def restricted(self) -> None:
        """Never left out for files on request, as it is only taken where it is named."""

    @property
    def caution(self) -> None:
        """Nothing besides what is to be said of its parts."""

    def identity(self) -> dict[str, Any]:
        """What decides the prepared arrays: the parts, by name."""
        parts = [{"name": name, **entry.identity()} for name, entry in self.entries.items()]
        return {"format": self.format, "parts": parts}


class M4Dataset(DatasetEntry):
    """Many univariate series in the CSV files of the M4 competition: short-term forecasting."""

    kind = "m4"
    roles = ("train", "test")

    format: Literal["m4"]
    horizon: int = Field(ge=1, le=100_000, description="steps to forecast: the length of the test series")
    seasonality: int = Field(ge=1, le=1_000_000, description="steps in a season, of MASE and Naive2")
    series: int | None = Field(None, ge=1, le=10**9, description="expected number of series")


class TsDataset(DatasetEntry):
    """Labelled multivariate series in the archive's .ts files: classification."""

    kind = "classification"
    roles = ("train", "test")

    format: Literal["ts"]
    classes: int | None = Field(None, ge=2, le=10**9, description="expected number of classes")
    sizes: CaseCounts | None = Field(None, description=SIZES)


class AnomalyEntry(DatasetEntry):
    """A multivariate series to learn from and one with labels per row: anomaly detection."""

    kind = "anomaly"
    roles = ("train", "test", "labels")

    sizes: PartCounts | None = Field(None, description=SIZES)


Lengths = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]


class NpyDataset(AnomalyEntry):
    """Three NumPy arrays: train and test (rows, channels), labels (rows)."""

    format: Literal["npy"]
    train_lengths: Lengths | None = Field(
        None, description="rows of the series that were joined, in their order; null: one series"
    )
    test_lengths: Lengths | None = Field(None, description="as train_lengths, of the test array")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.train_lengths is None) != (self.test_lengths is None):
            raise ValueError("give both train_lengths and test_lengths, or neither")
        return self


class MachinesDataset(AnomalyEntry):
    """Text files per machine in train/, test/ and test_label/, joined in the order of ``machines``."""

    format: Literal["machines"]
    machines: list[str] = Field(min_length=1, description="machines to use, of those in files")

    def file_count(self) -> int:
        if len(set(self.machines)) != len(self.machines):
            raise ValueError("machines: one is named twice")
        return len(self.roles) * len(self.machines)

    @property
    def used_files(self) -> list[DatasetFile]:
        """Train, test and label files, each in the order of ``machines``."""
        by_name = {file.name: file for file in self.files}
        folders = ("train", "test", "test_label")
        names = [f"{folder}/{machine}.txt" for folder in folders for machine in self.machines]
        if absent := [name for name in names if name not in by_name]:
            raise ValueError(f"machines: no {absent[0]} under files")
        return [by_name[name] for name in names]

    @property
    def caution(self) -> str | None:
        """A part of the machines is another dataset than all of them."""
        total = len(self.files) // len(self.roles)
        if len(self.machines) == total:
            return None
        return f"{len(self.machines)} of its {total} machines; published numbers are of all"


class AnomalyCsvDataset(AnomalyEntry):
    """CSV files with a header; the labels in a file of their own or in a column of the test file.

    Without ``label_column``: train, test and labels (PSM). With it: train and test; test has that column,
    and train may have it too (SWaT). Where there is a ``time_column``, every file has it.
    """

    format: Literal["anomaly_csv"]
    time_column: str | None = Field(
        None, description="left out of the values; its rows are in order, and the same in test and labels"
    )
    label_column: str | None = Field(
        None, description="column of the labels in the test file, where these have no file of their own"
    )
    missing: Literal["mean", "zero"] = Field(
        "mean",
        description="what missing values become: the mean of the channel, of which they are no part, or 0 in "
        "the units of the file, before scaling (as in the code of the paper)",
    )

    @property
    def file_roles(self) -> tuple[str, ...]:
        """Train and test, and labels where these have a file of their own."""
        return self.roles[:2] if self.label_column else self.roles


def _format_of(entry: Any) -> str | None:
    """The format of an entry, csv where it names none; None: it is no entry."""
    if isinstance(entry, Mapping):
        return str(entry.get("format", "csv"))
    return getattr(entry, "format", None)


Dataset = Annotated[
    Annotated[CsvDataset, Tag("csv")]
    | Annotated[JoinedDataset, Tag("joined")]
    | Annotated[M4Dataset, Tag("m4")]
    | Annotated[TsDataset, Tag("ts")]
    | Annotated[NpyDataset, Tag("npy")]
    | Annotated[MachinesDataset, Tag("machines")]
    | Annotated[AnomalyCsvDataset, Tag("anomaly_csv")],
    Discriminator(_format_of),
]
# The classes of entries by format: the tags of the union.
DATASET_FORMATS: dict[str, type[DatasetEntry | JoinedDataset]] = {
    tag.tag: entry for entry, tag in map(get_args, get_args(get_args(Dataset)[0]))
}


@cache
def builtin_datasets() -> dict[str, Dataset]:
    """The datasets of the paper that the package knows, by name."""
    values = read_builtin("specar.data", "registry.yaml")
    return linked(TypeAdapter(dict[str, Dataset]).validate_python(values))


def linked(datasets: dict[str, Dataset]) -> dict[str, Dataset]:
    """Give every joined dataset the entries of its parts.

    Raises ValueError: a part is unknown, no CSV dataset, or has another number of channels than the others.
    """
    return {
        name: entry.linked(name, datasets) if isinstance(entry, JoinedDataset) else entry
        for name, entry in datasets.items()
    }


def find_dataset(name: str, datasets: dict[str, Dataset]) -> Dataset:
    """Look up a dataset; the SpecarError about an unknown one names the closest ones."""
    if name in datasets:
        return datasets[name]
    close = difflib.get_close_matches(name, datasets, n=3) or sorted(datasets)
    raise SpecarError(f"unknown dataset {name!r}; known: {', '.join(close)} (add one under 'datasets:')")
