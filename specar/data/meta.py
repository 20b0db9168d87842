"""The files of prepared data, and what ``meta.json`` says about the arrays beside it, for each kind."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from specar.base.strict import Strict
from specar.data.entries import Kind

Count = Annotated[int, Field(ge=1)]
Number = Annotated[int, Field(ge=0)]
Shapes = dict[str, tuple[str, tuple[int, ...]]]  # type and shape of each array, by file name

TIME_FEATURE_COUNT = 4
META = "meta.json"
# Names of the arrays, as the workflow lists them before anything is prepared.
ARRAYS: dict[Kind, tuple[str, ...]] = {
    "series": ("values.npy", "time_features.npy"),
    "m4": ("train_values.npy", "train_offsets.npy", "test_values.npy", "naive2.npy"),
    "classification": tuple(
        f"{part}_{what}.npy" for part in ("train", "test") for what in ("values", "offsets", "labels")
    ),
    "anomaly": ("train.npy", "test.npy", "labels.npy"),
}


class BaseMeta(Strict):
    """What all kinds have."""

    format: Literal[3] = Field(3, description="raised when the same files give other arrays, or are refused")
    name: str
    identity: dict[str, Any] = Field(description="Dataset.identity() of the registry entry")
    sha256: dict[str, str] = Field(description="of the raw files, by name")
    prepared_sha256: dict[str, str] = Field({}, description="of the arrays, by name")

    def arrays(self) -> Shapes:
        """Type and shape of each array."""
        raise NotImplementedError


class Scaled(BaseMeta):
    """Standard-scored channels."""

    channels: Count
    mean: list[float] = Field(description="per channel, of the train rows, in the units of the file")
    std: list[float] = Field(description="what each channel was divided by")


def _series_arrays(rows: int, channels: int) -> Shapes:
    return {
        "values.npy": ("float32", (rows, channels)),
        "time_features.npy": ("float32", (rows, TIME_FEATURE_COUNT)),
    }


class SeriesPart(Strict):
    """A series with dates: alone, or one of several that were joined, from its own first row on."""

    name: str
    rows: Count
    columns: list[str]
    ends: tuple[Count, Count, Count] = Field(description="ends (exclusive) of train, val and test, in rows")
    seasonality: Count
    mean: list[float]
    std: list[float]

    @model_validator(mode="after")
    def _ends_fit(self) -> Self:
        if not self.ends[0] < self.ends[1] < self.ends[2] <= self.rows:
            raise ValueError(f"ends {list(self.ends)} do not fit {self.rows} rows")
        return self


class SeriesMeta(SeriesPart, Scaled):
    """A multivariate series with dates."""

    kind: Literal["series"] = "series"

    def arrays(self) -> Shapes:
        return _series_arrays(self.rows, self.channels)


class JoinedMeta(BaseMeta):
    """Several multivariate series, one behind the other, each scaled by its own train rows."""

    kind: Literal["joined"] = "joined"
    channels: Count
    columns: list[str] = Field(description="of the first part")
    parts: list[SeriesPart] = Field(min_length=1)

    @property
    def rows(self) -> int:
        """Rows of all parts together."""
        return sum(part.rows for part in self.parts)

    def arrays(self) -> Shapes:
        return _series_arrays(self.rows, self.channels)


class M4Meta(BaseMeta):
    """Many univariate series, not scaled."""

    kind: Literal["m4"] = "m4"
    series: Count
    steps: Count = Field(description="of all train series together")
    horizon: Count
    seasonality: Count
    ids: list[str]

    def arrays(self) -> Shapes:
        return {
            "train_values.npy": ("float64", (self.steps,)),
            "train_offsets.npy": ("int64", (self.series + 1,)),
            "test_values.npy": ("float64", (self.series, self.horizon)),
            "naive2.npy": ("float64", (self.series, self.horizon)),
        }


class CaseCounts(Strict):
    """Sizes of the train or of the test file of a classification dataset."""

    cases: Count
    steps: Count = Field(description="of all cases together")
    longest: Count = Field(description="steps of the longest case")
    missing: Number = Field(
        description="values that were filled in, by interpolation or, in an empty channel, by the mean"
    )


class ClassificationMeta(Scaled):
    """Labelled multivariate series."""

    kind: Literal["classification"] = "classification"
    classes: list[str] = Field(description="label i of the arrays is classes[i]")
    train: CaseCounts
    test: CaseCounts

    def arrays(self) -> Shapes:
        shapes: Shapes = {}
        for part, counts in (("train", self.train), ("test", self.test)):
            shapes[f"{part}_values.npy"] = ("float32", (counts.steps, self.channels))
            shapes[f"{part}_offsets.npy"] = ("int64", (counts.cases + 1,))
            shapes[f"{part}_labels.npy"] = ("int64", (counts.cases,))
        return shapes


class AnomalyMeta(Scaled):
    """A train series, a test series and labels of its rows."""

    kind: Literal["anomaly"] = "anomaly"
    columns: list[str] | None = Field(description="null: the files name none")
    train_ends: list[Count] = Field(min_length=1, description="ends (exclusive) of the joined parts, in rows")
    test_ends: list[Count] = Field(min_length=1)
    missing: dict[Literal["train", "test"], Number] = Field(description="values that were filled in")

    @model_validator(mode="after")
    def _ends_increase(self) -> Self:
        for name, ends in (("train_ends", self.train_ends), ("test_ends", self.test_ends)):
            if any(end <= before for before, end in pairwise(ends)):
                raise ValueError(f"{name} do not increase")
        return self

    def arrays(self) -> Shapes:
        return {
            "train.npy": ("float32", (self.train_ends[-1], self.channels)),
            "test.npy": ("float32", (self.test_ends[-1], self.channels)),
            "labels.npy": ("bool", (self.test_ends[-1],)),
        }


Meta = Annotated[
    SeriesMeta | JoinedMeta | M4Meta | ClassificationMeta | AnomalyMeta, Field(discriminator="kind")
]
