"""What the audit reads: printed numbers with the intervals that they stand for, and what else there is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd

from specar.config.schema import builtin
from specar.config.tasks import TASK_INFO
from specar.paper.metrics import half_unit
from specar.paper.numbers import AVERAGES, COLUMNS, KEY, printed_numbers, read_published

# Cells of a column that have to end in 0 before the column is taken as rounded: by chance once in 10^8.
_LEAST_ROUNDED = 8
_SLACK = 1e-9
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Cell:
    """A printed number; its fields are columns of `specar.paper.numbers.printed_numbers`.

    ``text`` has the printed digits. ``half`` is half a unit of the last of them, as ``number`` in our unit:
    the value before rounding lies within ``number ± half``.
    """

    source_table: str
    task: str
    dataset: str
    setting: str
    top: bool
    model: str
    variant: str
    metric: str
    text: str
    mark: str
    number: float
    unit: float
    stated_top: bool
    paper_dataset: str
    paper_setting: str
    half: float

    @property
    def key(self) -> dict[str, str]:
        """What identifies it, as text."""
        values = {name: getattr(self, name) for name in KEY}
        return values | {"top": str(self.top).lower() if TASK_INFO[self.task].top else ""}

    @property
    def place(self) -> str:
        """Its row as a reader would call it."""
        return " / ".join(filter(None, [self.paper_dataset, self.paper_setting]))

    @property
    def decimals(self) -> int:
        return len(self.text.partition(".")[2])

    def written(self, number: float, more: int = 0) -> str:
        """Write a number of our unit as this one is printed, with ``more`` digits."""
        return f"{number / self.unit:.{self.decimals + more}f}"

    def value_of(self, text: str) -> float:
        """Return what a text means where this number is printed, in our unit."""
        return round(float(text) * self.unit, 6)

    @property
    def column(self) -> str:
        return " / ".join(filter(None, [self.model, self.variant]))

    def fits(self, low: float, high: float, number: float | None = None) -> bool:
        """Whether a value from ``low`` to ``high`` may be printed so, or as ``number`` in its place."""
        middle = self.number if number is None else number
        return low <= middle + self.half + _SLACK and middle - self.half <= high + _SLACK

    @property
    def is_average(self) -> bool:
        return self.setting in AVERAGES or self.dataset in AVERAGES


def grouped(cells: Iterable[Cell], key: Callable[[Cell], Key]) -> dict[Key, list[Cell]]:
    """Return the cells by what ``key`` says of them, in their order."""
    groups: dict[Key, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[key(cell)].append(cell)
    return groups


def without(cell: Cell, *names: str) -> tuple[str | bool, ...]:
    """Return the key of a cell without some of its parts: what it shares with those beside it."""
    return tuple(getattr(cell, name) for name in KEY if name not in names)


@dataclass(frozen=True, eq=False)
class Paper:
    """What the paper and its authors published, by default all of it: CSV files of the package, all text.

    ``numbers`` are those of `specar.paper.numbers.printed_numbers`, ``naive2`` the errors of Naive2 in the
    M4 competition, ``random_scores`` what random scores reach after point adjustment (F1 in percent, and how
    it was measured), ``learning_rates`` what runs of ours reach at the rate of the released script and at the
    code's default, ``experiments`` the hyper-parameters of the released scripts by task and dataset.
    """

    numbers: pd.DataFrame = field(default_factory=printed_numbers)
    first_counts: pd.DataFrame = field(default_factory=lambda: read_published("first_counts"))
    hop_length: pd.DataFrame = field(default_factory=lambda: read_published("hop_length"))
    window_length: pd.DataFrame = field(default_factory=lambda: read_published("window_length"))
    settings: pd.DataFrame = field(default_factory=lambda: read_published("experiment_settings"))
    log: pd.DataFrame = field(default_factory=lambda: read_published("released_log_classification"))
    models: pd.DataFrame = field(default_factory=lambda: read_published("models"))
    naive2: pd.DataFrame = field(default_factory=lambda: read_published("naive2_m4"))
    random_scores: pd.DataFrame = field(default_factory=lambda: read_published("random_scores"))
    learning_rates: pd.DataFrame = field(default_factory=lambda: read_published("learning_rates"))
    experiments: dict[str, Any] = field(default_factory=lambda: builtin("experiments"))

    @cached_property
    def cells(self) -> list[Cell]:
        rows = self.numbers[COLUMNS].rename(columns={"value": "text"}).to_dict("records")
        cells = [
            Cell(**{str(name): x for name, x in row.items()}, half=half_unit(row["text"]) * row["unit"])
            for row in rows
        ]
        widths = {key: 10 * column[0].half for key, column in _rounded(cells).items()}
        return [replace(cell, half=max(cell.half, widths.get(_column(cell), 0.0))) for cell in cells]

    @cached_property
    def rounded_columns(self) -> dict[tuple[str, str, str, str], list[Cell]]:
        """Columns all of whose values have one digit less than is printed: their last digits are zeros."""
        return _rounded(self.cells)

    def table(self, *sources: str) -> list[Cell]:
        return [cell for source in sources for cell in self._by_table.get(source, [])]

    @cached_property
    def _by_table(self) -> dict[str, list[Cell]]:
        return grouped(self.cells, lambda cell: cell.source_table)


def _column(cell: Cell) -> tuple[str, str, str, str]:
    return cell.source_table, cell.model, cell.variant, cell.metric


def _rounded(cells: list[Cell]) -> dict[tuple[str, str, str, str], list[Cell]]:
    return {key: column for key, column in grouped(cells, _column).items() if _is_rounded(column)}


def _is_rounded(column: list[Cell]) -> bool:
    finest = max(cell.decimals for cell in column)
    full = sum(cell.decimals == finest for cell in column)
    units = [float(cell.text) * 10 ** (finest - 1) for cell in column]
    return full >= _LEAST_ROUNDED and all(math.isclose(x, round(x), abs_tol=1e-6) for x in units)
