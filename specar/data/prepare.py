"""Preparing a dataset once for all runs: read, scale, derive time features, write arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from specar.data.prepared import META, TIME_FEATURES, VALUES, Meta
from specar.data.readers import Table, read_csv
from specar.data.registry import Dataset
from specar.data.time_features import hourly_time_features
from specar.errors import SpecarError
from specar.files import atomic_path, sha256_of, write_json


def prepare(name: str, dataset: Dataset, raw: Path, output: Path) -> None:
    """Write the arrays and ``meta.json`` of a dataset.

    ``values.npy`` is float32 (rows, channels), each channel standard-scored with the mean and the
    population standard deviation of its train rows. ``time_features.npy`` is float32 (rows, 4).
    Rows beyond the test part are left out. ``meta.json`` comes last: a folder that has it is complete.

    Parameters
    ----------
    name
        Name of the dataset.
    dataset
        Its registry entry.
    raw
        Folder with the file of the dataset.
    output
        Folder to write to; an earlier preparation in it is replaced.

    Raises
    ------
    SpecarError
        The file is missing, damaged or not as :func:`~specar.data.readers.read_csv` wants it, a
        scaled value does not fit in float32, or the folder cannot be written to.
    """
    path = _only_file(name, dataset, Path(raw))
    digest = _verified(name, dataset, path)
    table = read_csv(path, dataset)
    ends = dataset.splits.borders(len(table.values))
    mean, std = _fit(table.values[: ends[0]])
    values = _scaled(name, table, ends[2], mean, std)
    meta = Meta(
        name=name,
        identity=dataset.identity(),
        rows=ends[2],
        channels=values.shape[1],
        columns=list(table.columns),
        ends=ends,
        seasonality=dataset.seasonality,
        mean=mean.tolist(),
        std=std.tolist(),
        sha256={dataset.files[0].name: digest},
        prepared_sha256={},
    )
    _write(Path(output), {VALUES: values, TIME_FEATURES: hourly_time_features(table.dates[: ends[2]])}, meta)


def _only_file(name: str, dataset: Dataset, raw: Path) -> Path:
    if len(dataset.files) != 1:
        raise SpecarError(
            f"dataset {name}: a csv dataset has one file, not {len(dataset.files)}; correct files"
        )
    path = raw / dataset.files[0].name
    if not path.is_file():
        raise SpecarError(f"dataset {name}: {path} is missing; fetch the dataset or put the file there")
    return path


def _verified(name: str, dataset: Dataset, path: Path) -> str:
    try:
        actual = sha256_of(path)
    except OSError as error:
        raise SpecarError(f"dataset {name}: cannot read {path}: {error.strerror or error}") from error
    expected = dataset.files[0].sha256
    if expected not in (None, actual):
        raise SpecarError(
            f"dataset {name}: {path} is damaged (sha256 {actual[:12]}…, expected {str(expected)[:12]}…); "
            "delete it and fetch the dataset again"
        )
    return actual


def _fit(train: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and divisor (channels) per channel, as scikit-learn's StandardScaler chooses them."""
    with np.errstate(over="ignore", invalid="ignore"):  # the caller refuses what overflows
        mean, variance = train.mean(axis=0), train.var(axis=0)
        # A constant channel's variance is not exactly 0 after rounding: the bound is scikit-learn's.
        rows, eps = len(train), np.finfo(np.float64).eps
        constant = variance <= rows * eps * variance + (rows * mean * eps) ** 2
    return mean, np.where(constant, 1.0, np.sqrt(variance))


def _scaled(
    name: str, table: Table, rows: int, mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):
        values = ((table.values[:rows] - mean) / std).astype(np.float32)
    finite = np.isfinite(values).all(axis=0)
    if not finite.all():
        column = table.columns[int(np.argmin(finite))]
        raise SpecarError(f"dataset {name}: column {column!r} is too large to scale; rescale it in the file")
    return values


def _write(folder: Path, arrays: dict[str, npt.NDArray[np.float32]], meta: Meta) -> None:
    try:
        # First the old meta.json goes: beside new arrays it would lie.
        _remove(folder, [META])
        for name, array in arrays.items():
            _save(folder / name, array)
        digests = {name: sha256_of(folder / name) for name in arrays}
        described = meta.model_copy(update={"prepared_sha256": digests})
        write_json(folder / META, described.model_dump(mode="json"))
    except BaseException:
        _remove(folder, [META, *arrays])
        raise


def _save(path: Path, array: npt.NDArray[np.float32]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _remove(folder: Path, names: list[str]) -> None:
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise SpecarError(f"cannot replace {folder / name}: {error.strerror or error}") from error
