"""One table against another: the same result printed twice, rows that one lacks, rounded columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from specar.paper.audit.evidence import PAIRS, Quantity, quantity_of
from specar.paper.audit.finding import Finding, about, table_name
from specar.paper.audit.groups import sums
from specar.paper.audit.printed import Cell, Paper, grouped
from specar.paper.audit.repairs import misprints
from specar.paper.numbers import OURS

_FULL = tuple(f"appendix:{number}" for number in range(5, 13))  # tables that print all cells of their task


@lru_cache(maxsize=4)
def in_full(paper: Paper) -> dict[Quantity, Cell]:
    """Return the cells of the tables in full, by what they measure; baselines from the later of a pair."""
    return {quantity: cell for cell in paper.table(*_FULL) if (quantity := quantity_of(cell))}


def cross_tables(paper: Paper) -> Iterator[Finding]:
    """Yield results that are printed differently in the table in full."""
    for cell in paper.cells:
        full = _counterpart(paper, cell)
        if full is not None and _differ(cell, full):
            implied = full.text if cell.unit == full.unit else cell.written(full.number)
            why = _how(paper, cell, full, implied)
            yield about(cell, "cross_table", f"{implied} in {full.source_table}", why)


def _differ(cell: Cell, full: Cell) -> bool:
    """Whether not even rounding of one of them to fewer digits explains the difference."""
    return abs(cell.number - full.number) > max(cell.half, full.half) + 1e-9


def _how(paper: Paper, cell: Cell, full: Cell, implied: str) -> str:
    text = f"{table_name(cell.source_table)} prints {cell.text}, {table_name(full.source_table)} {implied}"
    for repair in misprints(paper):
        if repair.cell is full and repair.number == cell.number:
            return f"{text}, where {repair.correction.text} was meant: here it is right"
    for each in sums(paper):
        if each.average is full and abs(each.mean() - (cell.number + full.number) / 2) < 1e-9:
            return f"{text}: the mean of the printed parts is {each.mean():g}, rounded up once and down once"
    units = abs(cell.number - full.number) / (2 * max(cell.half, full.half))
    return f"{text} for the same result, {units:.0f} in the last digit apart"


def rounded_columns(paper: Paper) -> Iterator[Finding]:
    """Yield columns that were rounded to fewer digits than are printed."""
    for column in paper.rounded_columns.values():
        compared = [(cell, full) for cell in column if (full := _counterpart(paper, cell))]
        differing = sum(abs(cell.number - full.number) > 1e-9 for cell, full in compared)
        decimals = max(cell.decimals for cell in column)
        more = sum(cell.number == round(cell.number, decimals - 1) for cell in column)
        others = " and ".join(sorted({table_name(full.source_table) for _, full in compared}))
        why = (
            f"all {more} values of the column have {decimals - 1} digits after the point, most with a zero "
            f"appended; {others} prints the same results with {decimals}, and {differing} of "
            f"{len(compared)} differ"
        )
        implied = f"{differing} of {len(compared)} cells differ from {others}"
        key = {**column[0].key, "dataset": "", "setting": ""}
        printed = f"{decimals - 1} decimals"
        yield about(column[0], "rounding", implied, why, place="all", printed=printed, key=key)


def _counterpart(paper: Paper, cell: Cell) -> Cell | None:
    quantity = quantity_of(cell)
    full = in_full(paper).get(quantity) if quantity else None
    return full if full is not cell else None


def missing_rows(paper: Paper) -> Iterator[Finding]:
    """Yield rows that one table of a pair (without and with TOP) has and the other lacks."""
    for pair in PAIRS:
        for source, other in (pair, pair[::-1]):
            present = {(cell.dataset, cell.setting) for cell in paper.table(source)}
            there = grouped(paper.table(other), lambda cell: (cell.dataset, cell.setting))
            for place, cells in there.items():
                if present and place not in present:
                    yield _missing(paper, source, cells)


def _missing(paper: Paper, source: str, cells: list[Cell]) -> Finding:
    first, columns = cells[0], ("task", "dataset", "setting")
    parts = [c for c in paper.table(source) if c.dataset == first.dataset and c.model == OURS]
    by_metric = grouped(parts, lambda cell: cell.metric).items()
    means = " and ".join(f"{m.upper()} {sum(c.number for c in v) / len(v):.3f}" for m, v in by_metric)
    average = f"; {OURS} would average {means}" if first.setting == "avg" and means else ""
    why = f"{table_name(first.source_table)} has this row and {table_name(source)} does not{average}"
    implied, key = f"one row of {len(cells)} values", {name: getattr(first, name) for name in columns}
    return Finding("missing_row", source, first.place, "all", "", "absent", implied, why, key)


def unstated_top(paper: Paper) -> Iterator[Finding]:
    """Yield tables that do not say whether SpecAR-Net was trained with TOP, with what their numbers equal."""
    cells = [cell for cell in paper.cells if cell.model == OURS and not cell.stated_top]
    for source, group in grouped(cells, lambda cell: cell.source_table).items():
        equal = {top: _equal(paper, group, top) for top in (True, False)}
        total = sum(quantity_of(cell) is not None for cell in group)
        likelier = "with TOP" if equal[True] >= equal[False] else "without TOP"
        why = (
            f"{table_name(source)} does not say whether {OURS} was trained with TOP: {equal[True]} of its "
            f"{total} numbers equal the tables with TOP, {equal[False]} those without"
        )
        yield Finding("unstated_top", source, f"{total} cells", OURS, "", "not stated", likelier, why)


def _equal(paper: Paper, cells: Iterable[Cell], top: bool) -> int:
    quantities = ((cell, quantity_of(cell, top)) for cell in cells)
    found = ((cell, in_full(paper).get(quantity)) for cell, quantity in quantities if quantity)
    return Counter(bool(full and abs(full.number - cell.number) < 1e-9) for cell, full in found)[True]
