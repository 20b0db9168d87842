"""Prepared datasets: arrays that runs read from disk without a copy, one class per kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from specar.base.errors import Damaged, SpecarError
from specar.base.files import read_json, sha256_of
from specar.base.locks import read_lock
from specar.data.meta import (
    META,
    AnomalyMeta,
    BaseMeta,
    ClassificationMeta,
    JoinedMeta,
    M4Meta,
    Meta,
    SeriesMeta,
)
from specar.data.windows import Split, part_rows

FORMAT = BaseMeta.model_fields["format"].default
Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PreparedData:
    """A dataset ready for training. Its arrays are memory-mapped read-only."""

    name: str
    sha256: dict[str, str]  # of the raw files, by name
    meta: dict[str, Any]  # the content of meta.json

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load what :func:`specar.data.prepare.prepare` wrote, as the class of its kind.

        Waits while another process prepares the dataset. What is loaded stays as it is when it is prepared
        again: the mapped files are replaced, not overwritten. Raises SpecarError as `read_prepared`, and
        where the data is of another kind than the class that ``load`` is called on.
        """
        folder = Path(folder)
        with read_lock(folder):
            data = read_prepared(folder)
        if not isinstance(data, cls):
            raise SpecarError(
                f"{folder} holds {type(data).__name__}, not {cls.__name__}; use another dataset"
            )
        return data


@dataclass(frozen=True)
class SeriesRows(PreparedData):
    """Rows for windows, of one multivariate series or of several with the same channels."""

    values: npt.NDArray[np.float32]  # (rows, channels), standard-scored with the train rows of each series
    time_features: npt.NDArray[np.float32]  # (rows, 4)

    @property
    def parts(self) -> tuple[SeriesData, ...]:
        """The series, which follow one another in the rows."""
        raise NotImplementedError


@dataclass(frozen=True)
class SeriesData(SeriesRows):
    """A multivariate series ready for windows."""

    ends: tuple[int, int, int]  # ends (exclusive) of train, val and test, in rows
    seasonality: int  # rows in a season

    @property
    def parts(self) -> tuple[SeriesData, ...]:
        """Itself."""
        return (self,)

    def rows_of(self, split: Split, look_back: int) -> tuple[int, int]:
        """Return the rows [start, end) of a part.

        Val and test reach ``look_back`` rows back into the part before, so that their first target is the
        first row of the part itself. Raises SpecarError: fewer than ``look_back`` rows are before the part,
        or in train.
        """
        start, end = part_rows(self.ends, split, look_back)
        if start < 0 or end - start < look_back:
            available = end if split == "train" else start + look_back
            raise SpecarError(
                f"dataset {self.name}: {split} needs {look_back} rows to look back on, but has {available}; "
                "use a shorter seq_len or a longer series"
            )
        return start, end


@dataclass(frozen=True)
class JoinedData(SeriesRows):
    """Several series, one behind the other."""

    series: tuple[SeriesData, ...]  # their arrays are views of those of the whole

    @property
    def parts(self) -> tuple[SeriesData, ...]:
        """The series."""
        return self.series


@dataclass(frozen=True)
class M4Data(PreparedData):
    """Univariate series of any length and the steps that follow each, in the units of the file."""

    train_values: npt.NDArray[np.float64]  # (steps,): all series, one after the other
    train_offsets: Offsets  # (series + 1): starts of the series and the end of the last one
    test_values: npt.NDArray[np.float64]  # (series, horizon)
    naive2: npt.NDArray[np.float64]  # (series, horizon): forecasts of the competition's benchmark
    horizon: int  # steps to forecast
    seasonality: int  # steps in a season

    def series(self, index: int) -> npt.NDArray[np.float64]:
        """Train series number ``index``, (steps,)."""
        return self.train_values[self.train_offsets[index] : self.train_offsets[index + 1]]


@dataclass(frozen=True)
class ClassificationData(PreparedData):
    """Labelled series of any length, standard-scored with train."""

    train_values: npt.NDArray[np.float32]  # (steps, channels): all cases, one after the other
    train_offsets: Offsets  # (cases + 1): starts of the cases and the end of the last one
    train_labels: npt.NDArray[np.int64]  # (cases,): numbers of the classes
    test_values: npt.NDArray[np.float32]
    test_offsets: Offsets
    test_labels: npt.NDArray[np.int64]
    classes: list[str]  # their names


@dataclass(frozen=True)
class AnomalyData(PreparedData):
    """A series to learn from and one with a label per row."""

    train: npt.NDArray[np.float32]  # (rows, channels), standard-scored with train
    test: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]  # (test rows,), True: anomalous
    train_ends: tuple[int, ...]  # ends (exclusive) of the parts, such as machines, in rows
    test_ends: tuple[int, ...]


def read_prepared(folder: Path) -> PreparedData:
    """Load a prepared dataset of any kind, without a look at who else works on it.

    Raises SpecarError where there is no ``meta.json``, and Damaged where a file is missing or damaged, does
    not fit ``meta.json``, or is of another version.
    """
    content, meta = _read_meta(folder)
    shapes = meta.arrays().items()
    arrays = {Path(name).stem: _load_array(folder, name, *shape, meta) for name, shape in shapes}
    return _data(meta, content, arrays)


def _data(meta: Meta, content: dict[str, Any], arrays: dict[str, Any]) -> PreparedData:
    known = {"name": meta.name, "sha256": meta.sha256, "meta": content, **arrays}
    match meta:
        case SeriesMeta():
            return SeriesData(**known, ends=meta.ends, seasonality=meta.seasonality)
        case JoinedMeta():
            return JoinedData(**known, series=tuple(_parts(meta, known)))
        case M4Meta():
            return M4Data(**known, horizon=meta.horizon, seasonality=meta.seasonality)
        case ClassificationMeta():
            return ClassificationData(**known, classes=meta.classes)
        case AnomalyMeta():
            return AnomalyData(**known, train_ends=tuple(meta.train_ends), test_ends=tuple(meta.test_ends))


def _parts(meta: JoinedMeta, known: dict[str, Any]) -> Iterator[SeriesData]:
    start = 0
    for part in meta.parts:
        rows = slice(start, start + part.rows)
        own = {name: known[name][rows] for name in ("values", "time_features")}
        yield SeriesData(**{**known, **own, "name": part.name}, ends=part.ends, seasonality=part.seasonality)
        start += part.rows


def _read_meta(folder: Path) -> tuple[dict[str, Any], Meta]:
    path = folder / META
    if not path.is_file():
        raise SpecarError(
            f"no prepared data in {folder} ({META} is missing); run 'specar prepare {folder.name}'"
        )
    try:
        content = read_json(path)
    except SpecarError as error:
        raise _damaged(path, "it cannot be read as JSON") from error
    found = content.get("format", FORMAT) if isinstance(content, dict) else FORMAT
    if found != FORMAT:
        raise Damaged(
            f"{folder} was prepared by another version of specar (format {found!r:.20}, not {FORMAT}); "
            f"run 'specar prepare {folder.name}'"
        )
    try:
        meta: Meta = TypeAdapter(Meta).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise _damaged(path, f"{where}: {first['msg']}" if where else first["msg"]) from error
    return content, meta


def _load_array(folder: Path, name: str, dtype: str, shape: tuple[int, ...], meta: Meta) -> npt.NDArray[Any]:
    path = folder / name
    try:
        if sha256_of(path) != meta.prepared_sha256.get(name):
            raise _damaged(path, f"its sha256 is not that in {META}")
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise _damaged(path, " ".join(str(getattr(error, "strerror", None) or error).split())) from error
    if array.shape != shape or array.dtype != dtype:
        raise _damaged(path, f"{array.dtype} {array.shape}, but {META} says {dtype} {shape}")
    return array


def _damaged(path: Path, problem: str) -> Damaged:
    return Damaged(f"{path} is damaged or missing ({problem}); run 'specar prepare {path.parent.name}'")
