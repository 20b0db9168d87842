"""Writes the tables as CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from specar.files import write_text
from specar.tables.compare import compare
from specar.tables.files import table_files
from specar.tables.inputs import Matrix, read_collected
from specar.tables.render import render_latex, render_markdown
from specar.tables.sections import Request
from specar.tables.sources import AVERAGE


def write_tables(
    task: str,
    collected: Path,
    floors: Path,
    matrix: Matrix,
    folder: Path,
    note: str | None = None,
    remarks: Mapping[str, str] | None = None,
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

    Returns
    -------
    list[Path]
        The files: those of `table_files`.
    """
    table = compare(task, read_collected(collected), read_collected(floors), matrix)
    files = [folder / name for name in table_files(task)]
    for path in files:
        averaged = path.stem != task
        text = _text(table, Request(task, averaged, note, remarks), path.suffix)
        write_text(path, text)
    return files


def _text(table: pd.DataFrame, request: Request, suffix: str) -> str:
    if suffix == ".md":
        return render_markdown(table, request)
    if suffix == ".tex":
        return render_latex(table, request)
    rows = table[table["setting"] == AVERAGE] if request.averaged else table
    return rows.to_csv(index=False, lineterminator="\n")
