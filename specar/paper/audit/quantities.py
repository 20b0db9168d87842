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
BACKBONES = ("MCN", "DCN", "Embed")
TOP_TASKS = ("long_term_forecast", "short_term_forecast", "imputation")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A result, wherever it is printed; ``top`` is false for models that have none."""

    task: str
    dataset: str
    setting: str
    top: bool
    model: str
    metric: str


def quantity_of(cell: Cell, top: bool | None = None) -> Quantity | None:
    """Return what a cell measures; None for a variant that only its own table prints.

    ``top`` is whether SpecAR-Net was trained with TOP, in place of what is taken for the cell.
    """
    if cell.variant not in _SAME_AS_FULL:
        return None
    model = cell.model
    if cell.task == "anomaly_detection" and model == "TimesNet":
        model = "TimesNet (ResNeXt)"  # main Table 2 does not say which; this is the one with its number
    with_top = model == OURS and cell.task in TOP_TASKS and (cell.top if top is None else top)
    return Quantity(cell.task, cell.dataset, cell.setting, with_top, model, cell.metric)


def independent(cell: Cell, other: Cell) -> bool:
    """Whether two cells of the same quantity were typed independently: baselines of a pair were not."""
    tables = {_COPIES.get(each.source_table, each.source_table) for each in (cell, other)}
    return len(tables) == 2
