"""Writes the tables as CSV, Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from specar.base.files import write_text
from specar.paper.sources import AVERAGE
from specar.results.compare import compare
from specar.results.inputs import Matrix, as_frame, read_collected, runs_of
from specar.results.run_states import run_states
from specar.tables.files import table_files
from specar.tables.render import render_html, render_latex, render_markdown
from specar.tables.sections import Request


def write_tables(
    task: str,
    collected: Path,
    floors: Path,
    matrix: Matrix,
    folder: Path,
    note: str | None = None,
    remarks: Mapping[str, str] | None = None,
    failed: Mapping[str, str] | None = None,
    cached: Collection[str] | None = None,
) -> list[Path]:
    """Compare the collected runs with the paper and write the tables of ``task`` to ``folder``.

    Parameters
    ----------
    task
        A task of the paper.
    collected
        CSV of the runs that were done (see `compare`).
    floors
        CSV of the baselines that were computed (see `compare`).
    matrix
        The runs that were asked for.
    folder
        Where the files go; made if need be.
    note
        A caution printed with every table.
    remarks
        Sentences on datasets of the task, printed with every table, also where one has no line.
    failed
        Why runs failed, by run id, in one line; None where that is not known. One that has a result
        did not fail.
    cached
        Ids of the runs whose records come with the project, if any.

    Returns
    -------
    list[Path]
        The files: those of `table_files`.
    """
    inputs = (task, read_collected(collected), read_collected(floors), as_frame(matrix), failed)
    table = compare(*inputs)
    runs = run_states(runs_of(*inputs), failed, cached)
    files = [folder / name for name in table_files(task)]
    for path in files:
        averaged = path.stem != task
        text = _text(table, Request(task, averaged, note, remarks, runs, failed is not None), path.suffix)
        write_text(path, text)
    return files


def _text(table: pd.DataFrame, request: Request, suffix: str) -> str:
    if suffix == ".md":
        return render_markdown(table, request)
    if suffix == ".tex":
        return render_latex(table, request)
    if suffix == ".html":
        return render_html(table, request)
    rows = table[table["setting"] == AVERAGE] if request.averaged else table
    return rows.to_csv(index=False, lineterminator="\n")
