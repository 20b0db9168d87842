"""CSV files with a header, every defect reported by its place."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from specar.base.errors import SpecarError
from specar.data.registry import CsvDataset


@dataclass(frozen=True)
class Table:
    """A multivariate series.

    Attributes
    ----------
    values
        float64 array (rows, channels), all finite, in the units of the file.
    dates
        Time stamps (rows), never going backwards.
    columns
        Names of the channels, in the order of the file.
    """

    values: npt.NDArray[np.float64]
    dates: pd.DatetimeIndex
    columns: tuple[str, ...]


def read_csv(path: Path, dataset: CsvDataset) -> Table:
    """Read a CSV file with a header, a date column and value columns.

    Rows are numbered from 1 after the header in messages; blank lines do not count.

    Parameters
    ----------
    path
        The file, in UTF-8.
    dataset
        Its registry entry: date column, number of channels, splits.

    Raises
    ------
    SpecarError
        The file cannot be read, is empty or not UTF-8, has a row of another length than the header,
        lacks the date column, has another number of value columns than the registry says, a cell
        that is no finite number, a date that cannot be parsed or that goes backwards, or fewer rows
        than the splits need.
    """
    path = Path(path)
    frame = parse(path, dataset.date_column)
    _check_columns(path, frame, dataset)
    dates = _dates(path, frame.pop(dataset.date_column))
    values = column_values(path, frame)
    _check_rows(path, len(values), dataset)
    return Table(values, dates, tuple(str(column) for column in frame.columns))


def parse(path: Path, text_column: str | None = None) -> pd.DataFrame:
    """Parse a CSV file in UTF-8 with a header; only ``text_column`` is sure to stay text.

    Raises
    ------
    SpecarError
        The file cannot be read, is empty or not UTF-8, or a row is longer than the header.
    """
    try:
        with warnings.catch_warnings():
            # With index_col=False, rows longer than the header are a warning, and lose their tail.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                engine="c",
                index_col=False,
                dtype={text_column: str} if text_column else None,
                low_memory=False,
                float_precision="round_trip",  # else the last digits depend on the version of pandas
                encoding="utf-8",
            )
    except OSError as error:
        raise SpecarError(f"cannot read {path}: {error.strerror or error}") from error
    except pd.errors.EmptyDataError as error:
        raise SpecarError(f"{path} is empty; delete it and fetch or export it again") from error
    except pd.errors.ParserWarning as error:
        raise SpecarError(f"{path}: its rows have more cells than the header; name every column") from error
    except UnicodeDecodeError as error:
        raise SpecarError(f"{path} is not UTF-8 text{_undecodable(path)}; convert it to UTF-8") from error
    except pd.errors.ParserError as error:
        problem = " ".join(str(error).removeprefix("Error tokenizing data. C error:").split())
        raise SpecarError(f"{path} is not a valid CSV file: {problem}; correct it") from error


def _undecodable(path: Path) -> str:
    # pandas gives the position within a cell; find it in the file.
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f" (line {line}, byte 0x{content[error.start]:02x})"
    return ""


def _check_columns(path: Path, frame: pd.DataFrame, dataset: CsvDataset) -> None:
    names = [str(column) for column in frame.columns]
    if dataset.date_column not in names:
        raise SpecarError(
            f"{path} has no date column {dataset.date_column!r}, only {listed(names)}; "
            "set date_column of the dataset"
        )
    names.remove(dataset.date_column)
    if not names:
        raise SpecarError(f"{path} has no column besides {dataset.date_column!r}; add the values")
    if dataset.channels not in (None, len(names)):
        raise SpecarError(
            f"{path} has {len(names)} value columns ({listed(names)}), not {dataset.channels}; "
            "correct the file or channels of the dataset"
        )


def listed(names: list[str]) -> str:
    """Names for a message, some of them where there are many."""
    shown = names if len(names) <= 10 else [*names[:9], "…", names[-1]]
    return ", ".join(shown)


def _dates(path: Path, column: pd.Series[str]) -> pd.DatetimeIndex:
    try:
        with warnings.catch_warnings():
            # About a format that cannot be inferred or has the day first; what fails is found below.
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("error", FutureWarning)  # how pandas 2 tells of several time zones
            dates = pd.DatetimeIndex(pd.to_datetime(column, errors="coerce"))
    except (ValueError, FutureWarning) as error:
        mixed = isinstance(error, FutureWarning)
        problem = "Mixed timezones" if mixed else str(error).split(". ")[0]
        raise SpecarError(f"{path}, column {column.name!r}: {problem}; use one format and zone") from error
    if (bad := first(np.asarray(dates.isna()))) is not None:
        raise SpecarError(
            f"{_place(path, bad, column.name)}: {_shown(column, bad)} is not a date in the format of row 1"
        )
    _check_order(path, column, dates)
    return dates


def _check_order(path: Path, column: pd.Series[str], dates: pd.DatetimeIndex) -> None:
    # Equal neighbours are allowed: the Weather file has one pair.
    steps = np.diff(dates.asi8)
    if (bad := first(steps < 0)) is not None:
        raise SpecarError(
            f"{_place(path, bad + 1, column.name)}: {column.iloc[bad + 1]} is before {column.iloc[bad]} "
            "in the row above; sort the rows by date"
        )


def column_values(path: Path, frame: pd.DataFrame, gaps: bool = False) -> npt.NDArray[np.float64]:
    """Return the numbers (rows, columns) of a table; with ``gaps``, missing ones are NaN.

    Raises
    ------
    SpecarError
        A cell is no finite number.
    """
    values = np.empty(frame.shape, dtype=np.float64)
    for index, name in enumerate(frame.columns):
        column = frame.iloc[:, index]
        # A column with any cell that is not a number has been read as text or bool.
        if column.dtype == bool:
            column = column.astype(str)
        values[:, index] = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        bad_cells = ~np.isfinite(values[:, index])
        if gaps:
            bad_cells &= ~column.isna().to_numpy()
        if (bad := first(bad_cells)) is not None:
            raise SpecarError(
                f"{_place(path, bad, name)}: {_shown(column, bad)} is not a finite number; correct it"
            )
    return values


def _check_rows(path: Path, rows: int, dataset: CsvDataset) -> None:
    ends = dataset.splits.borders(rows)
    if ends[2] > rows:
        raise SpecarError(
            f"{path} has {rows} rows, but the splits need {ends[2]}; correct the file or the splits"
        )
    if not 0 < ends[0] < ends[1] < ends[2]:
        raise SpecarError(f"{path} has {rows} rows, too few for a train, a val and a test part; add rows")


def first(bad: npt.NDArray[np.bool_]) -> int | None:
    """Index of the first True, if there is one."""
    return int(np.argmax(bad)) if bad.any() else None


def _place(path: Path, row: int, column: object) -> str:
    return f"{path}, row {row + 1} after the header, column {str(column)!r}"


def _shown(column: pd.Series[str], row: int) -> str:
    cell = column.iloc[row]
    return "an empty or NaN cell" if pd.isna(cell) else repr(str(cell))
