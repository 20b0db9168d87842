"""Compact tables for the end of a run in the terminal."""

from __future__ import annotations

from specar.paper.sources import AVERAGE, source_of
from specar.results.ledger import Ledger
from specar.results.rows import FAILED
from specar.results.run_states import listed_failures
from specar.tables.render import plain
from specar.tables.task import task_tables

_LEGEND = "Last columns: naive baselines; †: some seeds not done yet or failed"


def terminal_table(ledger: Ledger, task: str) -> str:
    """Return the results of a task so far as plain text, a table per model and protocol, and what failed.

    Only cells with a result and those that failed are shown: what is missing, and averages that are not
    complete, is left out.
    """
    part = ledger.of(task)
    cells = part.cells
    is_average = (cells["setting"] == AVERAGE) | cells["dataset"].isin(source_of(task).aggregates)
    known = cells[cells["reproduced"].notna() | ((cells["state"] == FAILED) & ~is_average)]
    tables = [f"{table.title}\n\n{plain(table)}" for table in task_tables(part, task, known)]
    reasons = [f"  {text}" for text in listed_failures(part.failed).texts]
    failed = ["\n".join(["Failed runs:", *reasons])] if reasons else []
    return "\n\n".join([*(tables or ["No run is done yet."]), *([_LEGEND] if tables else []), *failed])
