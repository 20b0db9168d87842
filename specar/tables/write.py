"""Writes the tables as CSV, Markdown, LaTeX and HTML."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from specar.base.files import write_text
from specar.paper.sources import AVERAGE
from specar.results.ledger import Ledger
from specar.results.run_states import run_states
from specar.tables.files import table_files
from specar.tables.render import render_html, render_latex, render_markdown
from specar.tables.sections import Request


def write_tables(ledger: Ledger, task: str, folder: Path) -> list[Path]:
    """Write the tables of ``task`` to ``folder``: the files of `table_files`."""
    part, plan = ledger.of(task), ledger.plan
    runs = run_states(part.runs, part.failed, plan.cached_runs)
    files = [folder / name for name in table_files(task)]
    for path in files:
        request = Request(task, path.stem != task, plan.config.note, plan.remarks_of(task), runs, True)
        write_text(path, _text(part.cells, request, path.suffix))
    return files


def _text(table: pd.DataFrame, request: Request, suffix: str) -> str:
    if suffix == ".md":
        return render_markdown(table, request)
    if suffix == ".tex":
        return render_latex(table, request)
    if suffix == ".html":
        return render_html(table, request)
    rows = table[table["setting"] == AVERAGE] if request.averaged else table
    ids = {name: rows[name].map(" ".join) for name in ("runs", "failed")}
    return rows.assign(**ids).to_csv(index=False, lineterminator="\n")
