"""The CSV files of anomaly-detection datasets: PSM, SWaT and one's own."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from specar.base.errors import SpecarError
from specar.data.readers.cells import Values, first, opened, shown
from specar.data.readers.csv import check_names, column_values, listed, parse
from specar.data.readers.dates import check_same_times, check_times
from specar.data.registry import AnomalyCsvDataset

_log = logging.getLogger(__name__)
_CODES = {"normal": "0", "attack": "1"}


@dataclass(frozen=True)
class Tables:
    """Train and test values (rows, channels), their channels' names, labels and number of gaps."""

    train: Values
    test: Values
    labels: npt.NDArray[Any]
    columns: tuple[str, ...]
    missing: dict[str, int]


def read_tables(paths: list[Path], dataset: AnomalyCsvDataset) -> Tables:
    """Read the files; missing values are NaN, or 0 as the registry says. Labels need not be 0 and 1 here.

    Raises SpecarError: a file cannot be read, has no rows, a row of another length than the header, two
    columns of one name or no time column, a column without a name, rows that go back in time, a value is no
    finite number, a label is an unknown text, the column of labels is not there, a file of labels has more
    than one column or other times than the test file, or train and test differ in columns.
    """
    frames = [_frame(path, dataset) for path in paths]
    if dataset.time_column is not None:
        times = [
            _pop_times(path, frame, dataset.time_column) for path, frame in zip(paths, frames, strict=True)
        ]
        for path, column in zip(paths[2:], times[2:], strict=True):
            check_same_times(path, column, paths[1], times[1])
        for path, column in zip(paths[:2], times, strict=False):
            check_times(path, column)
    train, test = frames[:2]
    if dataset.label_column:
        column = _pop_labels(paths[1], test, dataset.label_column.strip())
        train = train.drop(columns=dataset.label_column.strip(), errors="ignore")
    else:
        column = _only_column(paths[2], frames[2])
    _check_columns(paths, train, test)
    (train_values, train_gaps), (test_values, test_gaps) = (
        _values(path, frame, dataset) for path, frame in zip(paths, (train, test), strict=False)
    )
    return Tables(
        train=train_values,
        test=test_values,
        labels=_codes(paths[-1], column),
        columns=tuple(train.columns),
        missing={"train": train_gaps, "test": test_gaps},
    )


def _frame(path: Path, dataset: AnomalyCsvDataset) -> pd.DataFrame:
    frame = parse(path)
    _check_cells(path)
    frame.columns = [str(column).strip() for column in frame.columns]  # SWaT's begin with spaces
    check_names(path, list(frame.columns), [dataset.time_column, dataset.label_column])
    if frame.empty:
        raise SpecarError(f"{path} has no rows; delete it and fetch it again")
    return frame


def _pop_times(path: Path, frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name.strip() not in frame:
        raise SpecarError(f"{path} has no column {name!r}; correct time_column of the dataset")
    return frame.pop(name.strip())


def _check_cells(path: Path) -> None:
    """Refuse what pandas would mend unseen: a name that is there twice, cells that are not there."""
    rows = _rows(path)
    header = [name.strip() for name in next(rows, [])]
    if twice := [name for name in header if name and header.count(name) > 1]:
        raise SpecarError(f"{path} has two columns {twice[0]!r}; give every column a name of its own")
    for number, row in enumerate(rows, start=1):
        if len(row) < len(header):
            raise SpecarError(
                f"{path}, row {number} after the header: {len(row)} cells, not {len(header)}; correct it"
            )


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows of a file, without blank lines."""
    with opened(path) as file:
        reader = csv.reader(file)
        try:
            yield from (row for row in reader if len(row) > 1 or (row and row[0].strip()))
        except csv.Error as error:
            raise SpecarError(f"{path}, line {reader.line_num}: {error}; correct it") from error


def _pop_labels(path: Path, frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame:
        raise SpecarError(
            f"{path} has no column {name!r}, only {listed(list(frame.columns))}; correct label_column"
        )
    return frame.pop(name)


def _only_column(path: Path, frame: pd.DataFrame) -> pd.Series[Any]:
    if frame.shape[1] != 1:
        raise SpecarError(f"{path} has {frame.shape[1]} columns of labels, not one; set time_column")
    return frame.iloc[:, 0]


def _codes(path: Path, column: pd.Series[Any]) -> npt.NDArray[Any]:
    """Labels as 0 and 1; texts as in SWaT ("Normal", "Attack", "A ttack")."""
    if column.dtype.kind in "biuf":
        return column.to_numpy()
    texts = column.astype(str).str.replace(r"\s", "", regex=True).str.casefold()
    codes = pd.to_numeric(texts.replace(_CODES), errors="coerce").to_numpy(np.float64)
    if (bad := first(np.isnan(codes))) is not None:
        raise SpecarError(f"{path}, row {bad + 1} after the header: label {shown(column, bad)} is unknown")
    return codes


def _check_columns(paths: list[Path], train: pd.DataFrame, test: pd.DataFrame) -> None:
    if train.shape[1] != test.shape[1]:
        raise SpecarError(
            f"{paths[1]} has {test.shape[1]} channels, but {paths[0]} {train.shape[1]}; correct it"
        )
    for ours, theirs in zip(train.columns, test.columns, strict=True):
        if ours != theirs:
            raise SpecarError(f"{paths[1]} has column {theirs!r} where {paths[0]} has {ours!r}; reorder it")


def _values(path: Path, frame: pd.DataFrame, dataset: AnomalyCsvDataset) -> tuple[Values, int]:
    values = column_values(path, frame, gaps=True)
    gaps = np.isnan(values)
    if dataset.missing == "zero":
        values[gaps] = 0.0
    if missing := int(gaps.sum()):
        filled = "0" if dataset.missing == "zero" else "the mean of the channel"
        _log.info("%s: %d missing values replaced by %s", path, missing, filled)
    return values, missing
