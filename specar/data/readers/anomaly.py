"""The formats of anomaly-detection datasets: a train series, a test series and labels of its rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from specar.base.errors import SpecarError
from specar.data.readers.anomaly_tables import read_tables
from specar.data.readers.cells import BadCellError, Values, numbers, opened
from specar.data.registry import AnomalyCsvDataset, AnomalyEntry, MachinesDataset, NpyDataset

Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AnomalySeries:
    """A series to learn from and one with labels, in the units of the file."""

    train: Values  # (rows, channels), NaN: missing
    test: Values
    labels: Labels  # (test rows), True: anomalous
    train_ends: tuple[int, ...]  # ends (exclusive) of the parts, such as machines, in rows
    test_ends: tuple[int, ...]
    columns: tuple[str, ...] | None = None  # names of the channels, where the files have them
    missing: dict[str, int] = field(default_factory=lambda: {"train": 0, "test": 0})  # number of values


def read_anomaly(paths: Sequence[Path], dataset: AnomalyEntry) -> AnomalySeries:
    """Read a dataset in one of the formats ``npy``, ``machines`` and ``anomaly_csv``.

    ``paths`` are in the order of ``dataset.used_files``. Missing values are NaN in ``anomaly_csv``, or 0 with
    ``missing: zero``, and an error in the others.

    Raises SpecarError: a file cannot be read or has no rows, a value is no finite number, a label neither 0
    nor 1, train and test or the registry disagree about the channels, there are not as many labels as test
    rows, or those of other times, all rows are anomalous or none, or the lengths of joined series do not sum
    to the rows.
    """
    paths = [Path(path) for path in paths]
    if isinstance(dataset, AnomalyCsvDataset):
        return _read_tables(paths, dataset)
    if isinstance(dataset, MachinesDataset):
        return _joined(paths, dataset.channels, _text)
    series = _joined(paths, dataset.channels, _npy)
    if not isinstance(dataset, NpyDataset) or dataset.train_lengths is None or dataset.test_lengths is None:
        return series
    train_ends = _ends(paths[0], "train_lengths", dataset.train_lengths, len(series.train))
    test_ends = _ends(paths[1], "test_lengths", dataset.test_lengths, len(series.test))
    return replace(series, train_ends=train_ends, test_ends=test_ends)


def _ends(path: Path, name: str, lengths: list[int], rows: int) -> tuple[int, ...]:
    if sum(lengths) != rows:
        raise SpecarError(
            f"{path} has {rows} rows, but {name} of the dataset sum to {sum(lengths)}; correct it"
        )
    return tuple(accumulate(lengths))


def _npy(path: Path) -> npt.NDArray[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a header that is refused all the same
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(mapped, np.memmap):
            raise TypeError("an archive of arrays")
    except OSError as error:
        raise SpecarError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # a damaged header is Python code with any error there is
        raise SpecarError(f"{path} is not a NumPy array of numbers; delete it and fetch it again") from error
    if extra := path.stat().st_size - mapped.offset - mapped.nbytes:
        raise SpecarError(f"{path} has {extra} bytes after its array; delete it and fetch it again")
    return np.array(mapped)


def _text(path: Path) -> npt.NDArray[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that it is empty, which is found below
            return np.loadtxt(path, delimiter=",", comments=None, ndmin=2, encoding="utf-8-sig")
    except OSError as error:
        raise SpecarError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise SpecarError(f"{path}{_defect(path)}; correct it or fetch it again") from error


def _defect(path: Path) -> str:
    """Where and what the defect of a text file is; NumPy's messages count rows from 0 or 1."""
    width = 0
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            cells = line.split(",") if line.strip() else []
            try:
                numbers(cells, gaps=True)
            except BadCellError as error:
                return f", line {number}, column {error.index + 1}: {error}"
            width = width or len(cells)
            if cells and len(cells) != width:
                return f", line {number}: {len(cells)} columns, not {width}"
    return " is not a table of numbers"


def _joined(
    paths: list[Path], channels: int | None, read: Callable[[Path], npt.NDArray[Any]]
) -> AnomalySeries:
    """Train, test and label files of one machine or more, each in the same order."""
    machines = len(paths) // 3
    parts = [_matrix(path, read(path)) for path in paths[: 2 * machines]]
    for path, part in zip(paths, parts, strict=False):
        _check_channels(path, part.shape[1], channels or parts[0].shape[1])
    tests = zip(paths[2 * machines :], parts[machines:], strict=True)
    labels = [_flags(path, read(path), len(test)) for path, test in tests]
    _check_any(paths[-1], labels)
    return AnomalySeries(
        train=np.concatenate(parts[:machines]),
        test=np.concatenate(parts[machines:]),
        labels=np.concatenate(labels),
        train_ends=tuple(accumulate(len(part) for part in parts[:machines])),
        test_ends=tuple(accumulate(len(part) for part in parts[machines:])),
    )


def _matrix(path: Path, array: npt.NDArray[Any]) -> Values:
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise SpecarError(
            f"{path} holds {array.dtype} {array.shape}, not numbers (rows, channels); fetch it again"
        )
    if not array.size:
        raise SpecarError(f"{path} has no rows; delete it and fetch it again")
    values = array.astype(np.float64)
    if not (finite := np.isfinite(values)).all():
        row, column = np.argwhere(~finite)[0] + 1
        raise SpecarError(f"{path}, row {row}, column {column}: not a finite number; correct it")
    return values


def _flags(path: Path, array: npt.NDArray[Any], rows: int) -> Labels:
    """Labels (rows) from an array (rows) or (rows, 1) of 0 and 1; ``rows`` is that of the test series."""
    flags = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if flags.ndim != 1 or flags.dtype.kind not in "biuf":
        raise SpecarError(f"{path} holds {array.dtype} {array.shape}, not one label per row; correct it")
    if not (known := np.isin(flags, (0, 1))).all():
        row = int(np.argmin(known))
        raise SpecarError(f"{path}, row {row + 1}: label {flags[row]} is neither 0 nor 1; correct it")
    if len(flags) != rows:
        raise SpecarError(
            f"{path} has {len(flags)} labels for {rows} test rows; use files that belong together"
        )
    return flags.astype(np.bool_)


def _check_channels(path: Path, found: int, expected: int) -> None:
    if found != expected:
        raise SpecarError(
            f"{path} has {found} channels, not {expected}; correct the file or channels of the dataset"
        )


def _check_any(path: Path, labels: list[Labels]) -> None:
    for value, what in ((True, "no row"), (False, "every row")):
        if not any((flags == value).any() for flags in labels):
            raise SpecarError(f"{path}: {what} is anomalous; correct the labels")


def _read_tables(paths: list[Path], dataset: AnomalyCsvDataset) -> AnomalySeries:
    tables = read_tables(paths, dataset)
    _check_channels(paths[0], tables.train.shape[1], dataset.channels or tables.train.shape[1])
    labels = _flags(paths[-1], tables.labels, len(tables.test))
    _check_any(paths[-1], [labels])
    return AnomalySeries(
        train=tables.train,
        test=tables.test,
        labels=labels,
        train_ends=(len(tables.train),),
        test_ends=(len(tables.test),),
        columns=tables.columns,
        missing=tables.missing,
    )
