"""Learning rates of the released scripts that what is published contradicts, by runs of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specar.paper.audit.finding import Finding, about
from specar.paper.audit.printed import Cell, Paper
from specar.paper.numbers import OURS

_FULL = ("appendix:5", "appendix:9", "appendix:10")


def learning_rates(paper: Paper) -> Iterator[Finding]:
    """Yield results that fit the default rate of the released code better than that of its script."""
    cells = {_key(cell): cell for cell in paper.table(*_FULL) if cell.model == OURS}
    table = paper.learning_rates.assign(top=paper.learning_rates["top"] == "true")
    rows: dict[tuple[Any, ...], Any] = {_key(row): row for row in table.itertuples()}
    for key, row in rows.items():
        cell = cells.get(key)
        if cell is None or (row.at_script and not _nearer_default(row, cell)):
            continue
        values = [(row.at_script, row.script_rate), (row.at_default, row.default_rate)]
        rates = f"{row.default_rate}, not the script's {row.script_rate}"
        implied = " and ".join(f"{value} at {rate}" for value, rate in values) if row.at_script else rates
        sibling = _without_top(cells, rows, key) if cell.top else ""
        why = f"the script passes {row.script_rate}, the code's default is {row.default_rate}; {row.measured}"
        fits = f": {implied}, printed is {cell.text}{sibling}" if row.at_script else ""
        yield about(cell, "learning_rate", implied, f"{why}{fits}", "protocol")


def _key(row: Any) -> tuple[Any, ...]:
    return row.task, row.dataset, row.setting, row.top, row.metric


def _nearer_default(row: Any, cell: Cell) -> bool:
    values = [float(text) for text in (row.at_script, row.at_default) if text]
    return len(values) == 2 and abs(values[1] - cell.number) < abs(values[0] - cell.number)


def _without_top(cells: dict[Any, Cell], rows: dict[Any, Any], key: tuple[Any, ...]) -> str:
    """What the same cell without TOP says: where it fits the script, TOP is not all that differs."""
    other = (*key[:3], False, key[4])
    if other not in cells or other not in rows or not rows[other].at_script:
        return ""
    row, cell = rows[other], cells[other]
    return (
        f"; without TOP {row.at_script} at the script's {row.script_rate} for the printed {cell.text}: the "
        "printed gain of TOP looks like one of the learning rate"
    )
