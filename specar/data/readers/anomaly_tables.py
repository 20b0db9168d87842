"""The CSV files of anomaly-detection datasets: PSM, SWaT and one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from specar.data.readers.cells import Values
from specar.data.readers.csv import column_values, first, parse
from specar.data.registry import AnomalyCsvDataset
from specar.errors import SpecarError

_CODES = {"normal": "0", "attack": "1"}


@dataclass(frozen=True)
class Tables:
    """Train and test values (rows, channels), their channels' names, labels and replaced gaps."""

    train: Values
    test: Values
    labels: npt.NDArray[Any]
    columns: tuple[str, ...]
    missing: dict[str, int]


def read_tables(paths: list[Path], dataset: AnomalyCsvDataset) -> Tables:
    """Read the files; missing values become 0. The labels are not checked to be 0 and 1.

    Raises
    ------
    SpecarError
        A file cannot be read, has no rows or lacks the time column, a value is no finite number, a label is
        an unknown text, there is more than one column of labels, or train and test differ in columns.
    """
    train, test = (_frame(path, dataset.time_column) for path in paths[:2])
    if dataset.label_column:
        _pop_labels(train, dataset.label_column)
        column = _pop_labels(test, dataset.label_column)
    else:
        column = _only_column(paths[2], _frame(paths[2], dataset.time_column))
    _check_columns(paths, train, test)
    (train_values, train_gaps), (test_values, test_gaps) = _filled(paths[0], train), _filled(paths[1], test)
    return Tables(
        train=train_values,
        test=test_values,
        labels=_codes(paths[-1], column),
        columns=tuple(train.columns),
        missing={"train": train_gaps, "test": test_gaps},
    )


def _frame(path: Path, time_column: str | None) -> pd.DataFrame:
    frame = parse(path)
    frame.columns = [str(column).strip() for column in frame.columns]  # SWaT's begin with spaces
    if time_column is not None:
        if time_column.strip() not in frame:
            raise SpecarError(f"{path} has no column {time_column!r}; correct time_column of the dataset")
        frame = frame.drop(columns=time_column.strip())
    if frame.empty:
        raise SpecarError(f"{path} has no rows; delete it and fetch it again")
    return frame


def _pop_labels(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Take the labels out of a table: the column of that name, or the last one."""
    return frame.pop(name.strip() if name.strip() in frame else frame.columns[-1])


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
        raise SpecarError(f"{path}, row {bad + 1} after the header: label {column.iloc[bad]!r} is unknown")
    return codes


def _check_columns(paths: list[Path], train: pd.DataFrame, test: pd.DataFrame) -> None:
    if train.shape[1] != test.shape[1]:
        raise SpecarError(
            f"{paths[1]} has {test.shape[1]} channels, but {paths[0]} {train.shape[1]}; correct it"
        )
    for ours, theirs in zip(train.columns, test.columns, strict=True):
        if ours != theirs:
            raise SpecarError(f"{paths[1]} has column {theirs!r} where {paths[0]} has {ours!r}; reorder it")


def _filled(path: Path, frame: pd.DataFrame) -> tuple[Values, int]:
    values = column_values(path, frame, gaps=True)
    gaps = np.isnan(values)
    values[gaps] = 0.0
    return values, int(gaps.sum())
