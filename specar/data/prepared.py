"""Prepared datasets: scaled values and time features that runs read from disk without a copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from specar.errors import SpecarError
from specar.files import read_json, sha256_of
from specar.strict import Strict

VALUES, TIME_FEATURES, META = "values.npy", "time_features.npy", "meta.json"
TIME_FEATURE_COUNT = 4

Split = Literal["train", "val", "test"]
Count = Annotated[int, Field(ge=1)]


class Meta(Strict):
    """What ``meta.json`` says about the arrays beside it."""

    format: Literal[1] = 1
    name: str
    identity: dict[str, Any] = Field(description="Dataset.identity() of the registry entry")
    rows: Count
    channels: Count
    columns: list[str]
    ends: tuple[Count, Count, Count] = Field(description="ends (exclusive) of train, val and test, in rows")
    seasonality: Count
    mean: list[float] = Field(description="per channel, of the train rows, in the units of the file")
    std: list[float] = Field(description="what each channel was divided by")
    sha256: dict[str, str] = Field(description="of the raw files, by name")
    prepared_sha256: dict[str, str] = Field(description="of the arrays, by name")


@dataclass(frozen=True)
class PreparedData:
    """A dataset ready for windows.

    Attributes
    ----------
    name
        Name of the dataset.
    values
        float32 array (rows, channels), standard-scored with the train rows, memory-mapped read-only.
    time_features
        float32 array (rows, 4), memory-mapped read-only.
    ends
        Ends (exclusive) of train, val and test, in rows.
    seasonality
        Rows in a season.
    sha256
        SHA-256 of the raw files, by name.
    meta
        The content of ``meta.json``.
    """

    name: str
    values: npt.NDArray[np.float32]
    time_features: npt.NDArray[np.float32]
    ends: tuple[int, int, int]
    seasonality: int
    sha256: dict[str, str]
    meta: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> PreparedData:
        """Load what :func:`specar.data.prepare.prepare` wrote.

        Raises
        ------
        SpecarError
            The folder is missing or incomplete, or a file in it is damaged or does not fit meta.json.
        """
        folder = Path(folder)
        content, meta = _read_meta(folder)
        values = _load_array(folder, VALUES, (meta.rows, meta.channels), meta)
        features = _load_array(folder, TIME_FEATURES, (meta.rows, TIME_FEATURE_COUNT), meta)
        return cls(meta.name, values, features, meta.ends, meta.seasonality, meta.sha256, content)

    def rows_of(self, split: Split, look_back: int) -> tuple[int, int]:
        """Return the rows [start, end) of a part.

        Val and test reach ``look_back`` rows back into the part before, so that their first target
        is the first row of the part itself.

        Raises
        ------
        SpecarError
            There are fewer than ``look_back`` rows before the part, or in train.
        """
        part = ("train", "val", "test").index(split)
        end = self.ends[part]
        start = self.ends[part - 1] - look_back if part else 0
        if start < 0 or end - start < look_back:
            available = self.ends[part - 1] if part else end
            raise SpecarError(
                f"dataset {self.name}: {split} needs {look_back} rows to look back on, but has {available}; "
                "use a shorter seq_len or a longer series"
            )
        return start, end


def _read_meta(folder: Path) -> tuple[dict[str, Any], Meta]:
    path = folder / META
    if not path.is_file():
        raise SpecarError(f"no prepared data in {folder} ({META} is missing); prepare the dataset first")
    content = read_json(path)
    try:
        meta = Meta.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise _damaged(path, f"{where}: {first['msg']}" if where else first["msg"]) from error
    if not 0 < meta.ends[0] < meta.ends[1] < meta.ends[2] <= meta.rows:
        raise _damaged(path, f"ends {list(meta.ends)} do not fit {meta.rows} rows")
    return content, meta


def _load_array(folder: Path, name: str, shape: tuple[int, int], meta: Meta) -> npt.NDArray[np.float32]:
    path = folder / name
    try:
        if sha256_of(path) != meta.prepared_sha256.get(name):
            raise _damaged(path, f"its sha256 is not that in {META}")
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise _damaged(path, " ".join(str(getattr(error, "strerror", None) or error).split())) from error
    if array.shape != shape or array.dtype != np.float32:
        raise _damaged(path, f"{array.dtype} {array.shape}, but {META} says float32 {shape}")
    return array  # type: ignore[no-any-return]


def _damaged(path: Path, problem: str) -> SpecarError:
    return SpecarError(
        f"{path} is damaged or missing ({problem}); delete {path.parent} and prepare the dataset again"
    )
