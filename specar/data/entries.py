"""What a registry entry is made of: files with their sources, splits, and what all entries have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from specar.base.files import git_blob_of, sha256_of
from specar.base.names import RelativePath, Url
from specar.base.strict import Strict

DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=60)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
GitBlob = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]


def _dated(text: str) -> str:
    then = datetime(2001, 2, 3, 4, 5, tzinfo=UTC)
    try:
        read = datetime.strptime(then.strftime(text), text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a format of dates: {error}") from error
    if (read.year, read.month, read.day) != (2001, 2, 3) and (read.year, read.hour) != (2001, 0):
        raise ValueError(f"{text!r} leaves out the date, as %Y-%m-%d has it")
    return text


DateFormat = Annotated[str, AfterValidator(_dated)]
Kind = Literal["series", "m4", "classification", "anomaly"]


class Archive(Strict):
    """A zip archive that holds a file of a dataset."""

    url: Url
    member: str = Field(description="name of the file in the archive")
    sha256: Sha256 | None = Field(None, description="of the archive; null: not known")
    bytes: int | None = Field(None, ge=0, le=10**12)


class DatasetFile(Strict):
    """A file of a dataset and where it can be downloaded, best source of each sort first.

    Sources whose content can be checked come before others; in a tie, URLs before archives.
    """

    name: RelativePath
    urls: list[Url] = []
    archives: list[Archive] = []
    sha256: Sha256 | None = Field(
        None, description="checked after the download; null: git_blob, or that of the archive"
    )
    git_blob: GitBlob | None = Field(
        None, description="git's id of the content (git hash-object), checked where no sha256 is known"
    )
    bytes: int | None = Field(None, ge=0, le=10**12)

    @property
    def hashed(self) -> bool:
        """Whether the content of the file itself is known."""
        return bool(self.sha256 or self.git_blob)

    @property
    def own(self) -> bool:
        """Whether it is a user's own: nothing is known of its content and it has no sources."""
        return not (self.hashed or self.urls or self.archives)

    def wrong_hash(self, path: Path) -> str | None:
        """How the hash of a copy differs from the known one; None: it does not, or none is known."""
        if self.sha256:
            what, actual, expected = "sha256", sha256_of(path), self.sha256
        elif self.git_blob:
            what, actual, expected = "git blob id", git_blob_of(path), self.git_blob
        else:
            return None
        return None if actual == expected else f"{what} {actual[:12]}…, expected {expected[:12]}…"


class Splits(Strict):
    """Sizes of the consecutive parts: all in rows (int) or all as shares (float) of the series."""

    train: int | float = Field(gt=0, le=10**9)
    val: int | float = Field(gt=0, le=10**9)
    test: int | float = Field(gt=0, le=10**9)

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


class RowCount(Strict):
    """Size of a series."""

    rows: int = Field(ge=1, le=10**9, description="rows of the file")


class PartCounts(Strict):
    """Sizes of a train and a test series."""

    train: int = Field(ge=1, le=10**9, description="rows of all train files together")
    test: int = Field(ge=1, le=10**9, description="rows of all test files together")


class CaseCounts(Strict):
    """Sizes of a train and a test file of cases."""

    train: int = Field(ge=1, le=10**9, description="cases of the train file")
    test: int = Field(ge=1, le=10**9, description="cases of the test file")
    longest: int = Field(ge=1, le=10**9, description="steps of the longest case of both")


# Keys that came when records had been made, with what these did: an identity leaves them out, and stays.
_LATER = (("date_format", None), ("missing", "zero"))
SIZES = "for the estimate of how long runs take, where the data is not prepared; null: not known"


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
    channels: int | None = Field(None, ge=1, le=1_000_000, description="expected number of channels")

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
        not_content = {"title", "licence", "source", "folder", "files", "restricted", "channels", "sizes"}
        described = self.model_dump(mode="json", exclude=not_content)
        described = {key: value for key, value in described.items() if (key, value) not in _LATER}
        files = [{"name": f.name, "sha256": f.sha256 or f.git_blob} for f in self.used_files]
        return {**described, "files": files}
