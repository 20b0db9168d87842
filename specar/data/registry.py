"""The dataset registry: one entry per dataset, in ``registry.yaml``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Literal, Self

import yaml
from pydantic import AfterValidator, Discriminator, Field, Tag, TypeAdapter, model_validator

from specar.errors import SpecarError
from specar.strict import Strict


def _safe(name: str) -> str:
    if not name or name.startswith(("/", ".")) or ".." in name.split("/") or "\\" in name:
        raise ValueError(f"{name!r} must be a relative path without '..'")
    return name


RelativePath = Annotated[str, AfterValidator(_safe)]
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
GitBlob = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
Kind = Literal["series", "m4", "classification", "anomaly"]


class Archive(Strict):
    """A zip archive that holds a file of a dataset."""

    url: str
    member: str = Field(description="name of the file in the archive")
    sha256: Sha256 | None = Field(None, description="of the archive; null: not known")
    bytes: int | None = Field(None, ge=0)


class DatasetFile(Strict):
    """A file of a dataset and where it can be downloaded, best source of each sort first.

    Sources whose content can be checked come before others; in a tie, URLs before archives.
    """

    name: RelativePath
    urls: list[str] = []
    archives: list[Archive] = []
    sha256: Sha256 | None = Field(
        None, description="checked after the download; null: git_blob, or that of the archive"
    )
    git_blob: GitBlob | None = Field(
        None, description="git's id of the content (git hash-object), checked where no sha256 is known"
    )
    bytes: int | None = Field(None, ge=0)

    @property
    def hashed(self) -> bool:
        """Whether the content of the file itself is known."""
        return bool(self.sha256 or self.git_blob)

    @property
    def own(self) -> bool:
        """Whether it is a user's own: nothing is known of its content and it has no sources."""
        return not (self.hashed or self.urls or self.archives)


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


class DatasetEntry(Strict):
    """What the registry says about every dataset."""

    kind: ClassVar[Kind]
    roles: ClassVar[tuple[str, ...]]  # of the files, in their order

    title: str
    licence: str
    source: str
    folder: RelativePath = Field(description="folder of the files in a mirror")
    files: list[DatasetFile] = Field(min_length=1)
    restricted: str | None = Field(
        None, description="how to get files that nobody may pass on; left out until they are in place"
    )
    channels: int | None = Field(None, ge=1, description="expected number of channels")

    @model_validator(mode="after")
    def _files_fit(self) -> Self:
        names = [file.name for file in self.files]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"files: {twice[0]} is named twice")
        if len(self.used_files) != self.file_count():
            raise ValueError(
                f"files: needs {self.file_count()} ({', '.join(self.file_roles)}), got {len(self.used_files)}"
            )
        return self

    @property
    def file_roles(self) -> tuple[str, ...]:
        """What the files are, in their order."""
        return self.roles

    def file_count(self) -> int:
        """How many files there have to be."""
        return len(self.file_roles)

    @property
    def used_files(self) -> list[DatasetFile]:
        """The files that are fetched and prepared."""
        return self.files

    @property
    def caution(self) -> str | None:
        """Why numbers on this entry do not compare with published ones, if so."""
        return None

    def identity(self) -> dict[str, Any]:
        """What decides the prepared arrays: content and treatment, not where a copy was found."""
        not_content = {"title", "licence", "source", "folder", "files", "restricted", "channels"}
        described = self.model_dump(mode="json", exclude=not_content)
        files = [{"name": f.name, "sha256": f.sha256 or f.git_blob} for f in self.used_files]
        return {**described, "files": files}


class CsvDataset(DatasetEntry):
    """A multivariate series in a CSV file with a date column: forecasting and imputation."""

    kind = "series"
    roles = ("series",)

    format: Literal["csv"] = "csv"
    date_column: str = "date"
    splits: Splits
    seasonality: int = Field(ge=1, description="rows in a season, for the seasonal naive floor")


class M4Dataset(DatasetEntry):
    """Many univariate series in the CSV files of the M4 competition: short-term forecasting."""

    kind = "m4"
    roles = ("train", "test")

    format: Literal["m4"]
    horizon: int = Field(ge=1, description="steps to forecast: the length of the test series")
    seasonality: int = Field(ge=1, description="steps in a season, of MASE and Naive2")
    series: int | None = Field(None, ge=1, description="expected number of series")


class TsDataset(DatasetEntry):
    """Labelled multivariate series in the archive's .ts files: classification."""

    kind = "classification"
    roles = ("train", "test")

    format: Literal["ts"]
    classes: int | None = Field(None, ge=2, description="expected number of classes")


class AnomalyEntry(DatasetEntry):
    """A multivariate series to learn from and one with labels per row: anomaly detection."""

    kind = "anomaly"
    roles = ("train", "test", "labels")


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
    time_column: str | None = Field(None, description="left out of the values")
    label_column: str | None = Field(
        None, description="column of the labels in the test file, where these have no file of their own"
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
    | Annotated[M4Dataset, Tag("m4")]
    | Annotated[TsDataset, Tag("ts")]
    | Annotated[NpyDataset, Tag("npy")]
    | Annotated[MachinesDataset, Tag("machines")]
    | Annotated[AnomalyCsvDataset, Tag("anomaly_csv")],
    Discriminator(_format_of),
]
DATASET_FORMATS: dict[str, type[DatasetEntry]] = {
    "csv": CsvDataset,
    "m4": M4Dataset,
    "ts": TsDataset,
    "npy": NpyDataset,
    "machines": MachinesDataset,
    "anomaly_csv": AnomalyCsvDataset,
}


@cache
def builtin_datasets() -> dict[str, Dataset]:
    """The datasets of the paper that the package knows, by name."""
    text = files("specar.data").joinpath("registry.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Dataset]).validate_python(yaml.safe_load(text))


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
