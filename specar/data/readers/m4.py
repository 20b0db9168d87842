"""The CSV files of the M4 competition: one row per series, as long as the longest of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specar.base.errors import SpecarError
from specar.data.readers.cells import BadCellError, Offsets, Values, numbers, offsets_of, opened
from specar.data.registry import M4Dataset


@dataclass(frozen=True)
class M4Series:
    """Univariate series of any length, each with the steps that follow it."""

    ids: list[str]  # in the order of the train file
    train_values: Values  # (steps,): all series, one after the other
    train_offsets: Offsets  # (series + 1): starts of the series and the end of the last one
    test_values: Values  # (series, horizon)


def read_m4(train_path: Path, test_path: Path, dataset: M4Dataset) -> M4Series:
    """Read the train and the test file of one frequency; the test rows may come in another order.

    Each has a header, then rows of an id and values, empty cells after the last one.

    Raises SpecarError: a file cannot be read, is no valid CSV in UTF-8 or has no header or series; a series
    has no id or value, the id of another one, a cell that is no finite number or an empty one before the
    last; the files have other series, a test row has another number of steps than the horizon, or the
    registry says another number of series.
    """
    train, test = _series(Path(train_path)), _series(Path(test_path))
    _check_ids(train_path, train, test_path, test)
    _check_ids(test_path, test, train_path, train)
    _check_numbers(train_path, train, test_path, test, dataset)
    ids = list(train)
    return M4Series(
        ids=ids,
        train_values=np.concatenate(list(train.values())),
        train_offsets=offsets_of([len(values) for values in train.values()]),
        test_values=np.stack([test[name] for name in ids]),
    )


def _series(path: Path) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for line, name, cells in _rows(path):
        place = f"{path}, line {line}, series {name!r}"
        if not name or name in found:
            problem = "is named twice" if name else "has no name"
            raise SpecarError(f"{place} {problem}; give every series a name of its own")
        if not cells:
            raise SpecarError(f"{place} has no values; remove it")
        try:
            found[name] = numbers(cells)
        except BadCellError as error:
            raise SpecarError(f"{place}, column {error.index + 2}: {error}; correct it") from error
    if not found:
        raise SpecarError(f"{path} has no series; delete it and fetch it again")
    return found


def _rows(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Line number, id and cells up to the last one that is not empty, of every row."""
    with opened(path) as file:
        # Most cells of the large files are empty ones at the end: without them it is far faster.
        reader = csv.reader(line.rstrip("\r\n,") for line in file)
        try:
            _check_header(path, next(reader, []))
            for name, *cells in filter(None, reader):
                while cells and not cells[-1].strip():
                    cells.pop()
                yield reader.line_num, name.strip(), cells
        except csv.Error as error:
            raise SpecarError(
                f"{path}, line {reader.line_num}: {error}; delete the file and fetch it again"
            ) from error


def _check_header(path: Path, header: list[str]) -> None:
    try:
        numbers(header[1:])
    except BadCellError:
        return
    if header:
        raise SpecarError(f"{path} begins with values, not with a header; put a line 'V1,V2,…' before them")
    raise SpecarError(f"{path} is empty; delete it and fetch it again")


def _check_ids(path: Path, series: dict[str, Values], other_path: Path, other: dict[str, Values]) -> None:
    if extra := [name for name in series if name not in other]:
        raise SpecarError(
            f"{path} has {len(extra)} series that {other_path} lacks, as {extra[0]!r}; "
            "use files that belong together"
        )


def _check_numbers(
    train_path: Path, train: dict[str, Values], test_path: Path, test: dict[str, Values], dataset: M4Dataset
) -> None:
    if dataset.series not in (None, len(train)):
        raise SpecarError(
            f"{train_path} has {len(train)} series, not {dataset.series}; "
            "correct the file or series of the dataset"
        )
    for name, values in test.items():
        if len(values) != dataset.horizon:
            raise SpecarError(
                f"{test_path}, series {name!r} has {len(values)} steps, not {dataset.horizon}; "
                "correct the file or horizon of the dataset"
            )
