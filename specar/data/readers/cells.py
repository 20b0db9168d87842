"""What the readers of text files share: opening, and numbers of cells."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from specar.base.errors import SpecarError

Values = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class BadCellError(Exception):
    """A cell is no number; ``index`` is its place among the cells."""

    def __init__(self, index: int, cell: str) -> None:
        self.index = index
        super().__init__(
            f"{reprlib.repr(cell.strip())} is not a finite number" if cell.strip() else "the cell is empty"
        )


def numbers(cells: list[str], gaps: bool = False) -> Values:
    """Return the numbers (cells) in some cells; ``gaps``: whether NaN is allowed.

    Raises BadCellError about the first cell that is not a finite number.
    """
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        index = next(i for i, cell in enumerate(cells) if not _is_number(cell))
        raise BadCellError(index, cells[index]) from None
    good = ~np.isinf(values) if gaps else np.isfinite(values)
    if not good.all():
        index = int(np.argmin(good))
        raise BadCellError(index, cells[index])
    return values


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def offsets_of(lengths: list[int]) -> Offsets:
    """Starts of consecutive parts of some lengths, and the end of the last one: int64 (parts + 1)."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def first(bad: Flags) -> int | None:
    """Index of the first True, if there is one."""
    return int(np.argmax(bad)) if bad.any() else None


def place_of(path: Path, row: int, column: object) -> str:
    """Where a cell of a table with a header is, for messages."""
    return f"{path}, row {row + 1} after the header, column {str(column)!r}"


def shown(column: pd.Series[Any], row: int) -> str:
    """A cell, for messages."""
    cell = column.iloc[row]
    return "an empty or NaN cell" if pd.isna(cell) else reprlib.repr(str(cell))


@contextmanager
def opened(path: Path, errors: str = "strict") -> Iterator[TextIO]:
    """Open a text file in UTF-8, with or without a byte order mark.

    Raises SpecarError: it cannot be read, or it is not UTF-8 and ``errors`` is "strict".
    """
    try:
        with path.open(encoding="utf-8-sig", errors=errors, newline="") as file:
            yield file
    except OSError as error:
        raise SpecarError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SpecarError(f"{path} is not UTF-8 text; delete it and fetch it again") from error
