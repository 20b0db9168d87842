"""What speaks for or against another value of a printed cell: the same result elsewhere, colours, errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from specar.config.tasks import TASK_INFO
from specar.paper.audit.finding import table_name
from specar.paper.audit.groups import Series, Sum, row_of, sums
from specar.paper.audit.printed import Cell, Paper, without
from specar.paper.numbers import OURS

# How far beyond the other settings the ratio of MAE to root MSE may lie.
_MARGIN = 0.1
# Of a pair of tables, the baselines of the first are copied into the second.
PAIRS = (("appendix:7", "appendix:8"), ("appendix:9", "appendix:10"), ("appendix:11", "appendix:12"))
_COPIES = dict(PAIRS)
# Cells that are results of whole runs of the table in full; the other variants are only printed there.
_SAME_AS_FULL = ("MCN", "independent", "")
# A result, wherever it is printed: task, dataset, setting, TOP (false where there is none), model, metric.
Quantity = tuple[str, str, str, bool, str, str]


def quantity_of(cell: Cell, top: bool | None = None) -> Quantity | None:
    """Return what a cell measures; None for a variant that only its own table prints.

    ``top`` is whether SpecAR-Net was trained with TOP, in place of what is taken for the cell.
    """
    if cell.variant not in _SAME_AS_FULL:
        return None
    model = cell.model
    if cell.task == "anomaly_detection" and model == "TimesNet":
        model = "TimesNet (ResNeXt)"  # main Table 2 does not say which; this is the one with its number
    with_top = model == OURS and TASK_INFO[cell.task].top and (cell.top if top is None else top)
    return cell.task, cell.dataset, cell.setting, with_top, model, cell.metric


def _independent(cell: Cell, other: Cell) -> bool:
    """Whether two cells of the same quantity were typed independently: baselines of a pair were not."""
    tables = {_COPIES.get(each.source_table, each.source_table) for each in (cell, other)}
    return len(tables) == 2


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
    said = [*_elsewhere(paper, cell, number), *_comparisons(paper, cell, number, group)]
    supports, objections = (tuple(text for text, good in said if good is side) for side in (True, False))
    return Evidence(supports, objections)


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
        elif abs(other.number - cell.number) < other.half and _independent(cell, other):
            yield f"{table_name(other.source_table)} prints {other.text} as well", False


def _comparisons(paper: Paper, cell: Cell, number: float, group: Sum | Series) -> Iterator[tuple[str, bool]]:
    """What holds of one of the two values and not of the other."""
    ratio = "its ratio of MAE to root MSE {} that of the other settings"
    for check, fits, no_longer in (
        (_coloured_right, "the colours of the row fit too", "the colours of the row would no longer fit"),
        (_moves_along, "it rises and falls as the other error does", "it would move against the other error"),
        (_usual_ratio, ratio.format("is"), ratio.format("would leave")),
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
