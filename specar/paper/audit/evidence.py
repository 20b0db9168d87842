"""What speaks for or against another value of a printed cell, beside the group that it does not fit into."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from specar.paper.audit.finding import table_name
from specar.paper.audit.groups import Series, Sum, sums
from specar.paper.audit.printed import Cell, Paper, without
from specar.paper.audit.quantities import Quantity, independent, quantity_of
from specar.paper.audit.ranks import row_of

# How far beyond the other settings the ratio of MAE to root MSE may lie.
_MARGIN = 0.1


@dataclass(frozen=True)
class Evidence:
    """Sentences for and against a value."""

    supports: tuple[str, ...]
    objections: tuple[str, ...]

    @property
    def balance(self) -> int:
        """How many more speak for it than against it."""
        return len(self.supports) - len(self.objections)

    def __str__(self) -> str:
        return "; ".join([*self.supports, *(f"but {text}" for text in self.objections)])


def evidence_for(paper: Paper, cell: Cell, number: float, group: Sum | Series) -> Evidence:
    """Weigh what other tables, the colours, other averages and the other error say of a value.

    ``group`` is what the printed value does not fit into: it says nothing more.
    """
    supports: list[str] = []
    objections: list[str] = []
    for text, good in (*_elsewhere(paper, cell, number), *_comparisons(paper, cell, number, group)):
        (supports if good else objections).append(text)
    return Evidence(tuple(supports), tuple(objections))


@lru_cache(maxsize=4)
def _by_quantity(paper: Paper) -> dict[Quantity, list[Cell]]:
    found: dict[Quantity, list[Cell]] = {}
    for cell in paper.cells:
        if (quantity := quantity_of(cell)) is not None:
            found.setdefault(quantity, []).append(cell)
    return found


def _elsewhere(paper: Paper, cell: Cell, number: float) -> Iterator[tuple[str, bool]]:
    quantity = quantity_of(cell)
    if quantity is None or cell.unit != 1:
        return
    for other in _by_quantity(paper)[quantity]:
        if abs(other.number - number) < other.half:
            yield f"{table_name(other.source_table)} prints {other.text} for the same run", True
        elif abs(other.number - cell.number) < other.half and independent(cell, other):
            yield f"{table_name(other.source_table)} prints {other.text} as well", False


def _comparisons(paper: Paper, cell: Cell, number: float, group: Sum | Series) -> Iterator[tuple[str, bool]]:
    """What holds of one of the two values and not of the other."""
    for check, fits, no_longer in (
        (_coloured_right, "the colours of the row fit too", "the colours of the row would no longer fit"),
        (_moves_along, "it rises and falls as the other error does", "it would move against the other error"),
        (
            _usual_ratio,
            "its ratio of MAE to root MSE is that of the other settings",
            "its ratio of MAE to root MSE would leave that of the other settings",
        ),
    ):
        before, after = check(paper, cell, cell.number), check(paper, cell, number)
        if before is not after and None not in (before, after):
            yield (fits, True) if after else (no_longer, False)
    for each in _sums_of(paper).get(cell, []):
        if each is not group and each.holds() and not each.holds(cell, number):
            yield "the printed average would no longer fit", False


@lru_cache(maxsize=4)
def _sums_of(paper: Paper) -> dict[Cell, list[Sum]]:
    found: dict[Cell, list[Sum]] = {}
    for each in sums(paper):
        for cell in each.cells:
            found.setdefault(cell, []).append(each)
    return found


def _coloured_right(paper: Paper, cell: Cell, number: float) -> bool | None:
    row = row_of(paper, cell)
    return row.coloured_right(cell, number) if row.coloured else None


@lru_cache(maxsize=4)
def _errors(paper: Paper) -> dict[tuple[str | bool, ...], dict[str, dict[str, Cell]]]:
    """MSE and MAE of every model on every dataset: setting, then metric."""
    found: dict[tuple[str | bool, ...], dict[str, dict[str, Cell]]] = {}
    for cell in paper.cells:
        if cell.metric in ("mse", "mae") and cell.setting:
            settings = found.setdefault(without(cell, "setting", "metric"), {})
            settings.setdefault(cell.setting, {})[cell.metric] = cell
    return found


def _pairs(paper: Paper, cell: Cell, number: float) -> dict[str, tuple[float, float]]:
    """MSE and MAE by setting, with another value of one cell."""
    settings = _errors(paper).get(without(cell, "setting", "metric"), {})
    values = {
        setting: {metric: number if each is cell else each.number for metric, each in cells.items()}
        for setting, cells in settings.items()
    }
    return {name: (errors["mse"], errors["mae"]) for name, errors in values.items() if len(errors) == 2}


def _moves_along(paper: Paper, cell: Cell, number: float) -> bool | None:
    """Whether MSE and MAE never move in opposite directions from one setting to the next."""
    pairs = _pairs(paper, cell, number)
    ordered = [pairs[name] for name in sorted((n for n in pairs if n != "avg"), key=float)]
    if cell.setting not in pairs or cell.setting == "avg" or len(ordered) < 3:
        return None
    return all((b[0] - a[0]) * (b[1] - a[1]) >= 0 for a, b in pairwise(ordered))


def _usual_ratio(paper: Paper, cell: Cell, number: float) -> bool | None:
    """Whether MAE / root MSE with this value is about what it is at the other settings."""
    ratios = {
        name: mae / math.sqrt(mse) if mse > 0 else math.inf
        for name, (mse, mae) in _pairs(paper, cell, number).items()
    }
    own = ratios.pop(cell.setting, None)
    others = [ratio for name, ratio in ratios.items() if name != "avg"]
    if own is None or len(others) < 2:
        return None
    return min(others) * (1 - _MARGIN) <= own <= max(others) * (1 + _MARGIN)
