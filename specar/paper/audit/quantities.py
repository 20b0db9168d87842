"""Which printed cells are one and the same quantity, though in several tables."""

from __future__ import annotations

from dataclasses import dataclass

from specar.paper.audit.printed import Cell
from specar.paper.numbers import OURS

# Tables that print all cells of their task; of a pair, the baselines of the first are copied into the second.
FULL = tuple(f"appendix:{number}" for number in range(5, 13))
PAIRS = (("appendix:7", "appendix:8"), ("appendix:9", "appendix:10"), ("appendix:11", "appendix:12"))
_COPIES = dict(PAIRS)
# Cells that are results of whole runs of the table in full; the other variants are only printed there.
_SAME_AS_FULL = ("MCN", "independent", "")
FRACTIONS = ("appendix:2", "appendix:3")
_HEADLINE_NAMES = {"UEA avg": ("avg", ""), "M4 Average": ("Average", "")}
BACKBONES = ("MCN", "DCN", "Embed")
TOP_TASKS = ("long_term_forecast", "short_term_forecast", "imputation")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A result, wherever it is printed; ``top`` is empty for models that have none."""

    task: str
    dataset: str
    setting: str
    top: str
    model: str
    metric: str


def quantity_of(cell: Cell, top: str = "true") -> Quantity | None:
    """Return what a cell measures; None for a variant that only its own table prints.

    ``top`` is whether SpecAR-Net was trained with TOP where its table does not say: the tables without a word
    about it print the numbers of the tables with TOP (see `specar.paper.audit.tables.unstated_top`).
    """
    if cell.variant not in _SAME_AS_FULL:
        return None
    dataset, setting = _HEADLINE_NAMES.get(cell.dataset, (cell.dataset, cell.setting))
    if dataset.endswith(" avg"):
        dataset, setting = dataset.removesuffix(" avg"), "avg"
    model = cell.model
    if cell.task == "anomaly_detection" and model == "TimesNet":
        model = "TimesNet (ResNeXt)"  # main Table 2 does not say which; this is the one with its number
    with_top = (cell.top or top) if model == OURS and cell.task in TOP_TASKS else ""
    return Quantity(cell.task, dataset, setting, with_top, model, cell.metric)


def scaled(cell: Cell) -> tuple[float, float]:
    """Return the number and half a unit of its last digit, in the unit of the table in full."""
    scale = 100.0 if cell.source_table in FRACTIONS else 1.0
    return cell.number * scale, cell.half * scale


def independent(cell: Cell, other: Cell) -> bool:
    """Whether two cells of the same quantity were typed independently: baselines of a pair were not."""
    tables = {_COPIES.get(each.source_table, each.source_table) for each in (cell, other)}
    return len(tables) == 2
