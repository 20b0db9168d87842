"""CSV files with a header, every defect reported by its place."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from specar.base.errors import SpecarError
from specar.data.readers.cells import Values, first, place_of, shown
from specar.data.readers.dates import read_dates
from specar.data.registry import CsvDataset

# What pandas calls a column without a name, and again where it was written and read twice.
_NAMELESS = re.compile(r"\s*(Unnamed: \d+(_level_\d+)?(\.\d+)*)?\s*")


@dataclass(frozen=True)
class Table:
    """A multivariate series."""

    values: Values  # (rows, channels), all finite, in the units of the file
    dates: pd.DatetimeIndex  # (rows), never going backwards
    columns: tuple[str, ...]  # names of the channels, in the order of the file


def read_csv(path: Path, dataset: CsvDataset) -> Table:
    """Read a CSV file in UTF-8 with a header, a date column and value columns.

    Rows are numbered from 1 after the header in messages; blank lines do not count.

    Raises SpecarError: the file cannot be read, is empty or not UTF-8, has a row of another length than the
    header, lacks the date column, has another number of value columns than the registry says, one without a
    name, a cell that is no finite number, dates that `read_dates` refuses, or fewer rows than the splits
    need.
    """
    path = Path(path)
    frame = parse(path, dataset.date_column)
    _check_columns(path, frame, dataset)
    dates = read_dates(path, frame.pop(dataset.date_column), dataset.date_format)
    values = column_values(path, frame)
    _check_rows(path, len(values), dataset)
    return Table(values, dates, tuple(str(column) for column in frame.columns))


def parse(path: Path, text_column: str | None = None) -> pd.DataFrame:
    """Parse a CSV file in UTF-8 with a header; only ``text_column`` is sure to stay text.

    Raises SpecarError: the file cannot be read, is empty or not UTF-8, has a NUL byte or other marks than
    commas between its cells, or a row is longer than the header.
    """
    frame = _parsed(path, text_column)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if b"\0" in line:  # pandas would cut the cell there
                raise SpecarError(f"{path}, line {number} has a NUL byte; remove it, or fetch the file again")
    return frame


def _parsed(path: Path, text_column: str | None) -> pd.DataFrame:
    try:
        _check_commas(path)
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


def _check_commas(path: Path) -> None:
    with path.open("rb") as file:
        header = next((line for line in file if line.strip()), b"")
    for mark, name in ((b";", "semicolons"), (b"\t", "tabs"), (b"|", "vertical bars")):
        if header.count(mark) > header.count(b","):
            raise SpecarError(
                f"{path} has {name} between its cells; write commas there, and points in decimal numbers"
            )


def _undecodable(path: Path) -> str:
    # pandas gives the position within a cell; find it in the file.
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f" (line {line}, byte 0x{content[error.start]:02x})"
    return ""


def check_names(path: Path, names: Collection[str], used: Collection[str | None] = ()) -> None:
    """Refuse columns without a name, but for those that the registry names as pandas does."""
    for number, name in enumerate(names, start=1):
        if _NAMELESS.fullmatch(name) and name not in used:
            raise SpecarError(
                f"{path}, column {number} has no name, as the row numbers that pandas writes; leave it out "
                "(to_csv with index=False), or name it"
            )


def _check_columns(path: Path, frame: pd.DataFrame, dataset: CsvDataset) -> None:
    names = [str(column) for column in frame.columns]
    if dataset.date_column not in names:
        raise SpecarError(
            f"{path} has no date column {dataset.date_column!r}, only {listed(names)}; "
            "set date_column of the dataset"
        )
    check_names(path, names, [dataset.date_column])
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


def column_values(path: Path, frame: pd.DataFrame, gaps: bool = False) -> Values:
    """Return the numbers (rows, columns) of a table; with ``gaps``, missing ones are NaN.

    Raises SpecarError about a cell that is no finite number.
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
                f"{place_of(path, bad, name)}: {shown(column, bad)} is not a finite number; correct it"
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
