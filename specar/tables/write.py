"""Writes the tables as CSV, Markdown and LaTeX."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from specar.files import write_text
from specar.tables.compare import compare
from specar.tables.inputs import read_collected, read_matrix
from specar.tables.published import AVERAGE
from specar.tables.render import render_latex, render_markdown


def write_tables(
    task: str, collected: Path, matrix: Path | pd.DataFrame, folder: Path, note: str | None = None
) -> list[Path]:
    """Compare the collected runs with the paper and write the tables of ``task`` to ``folder``.

    Parameters
    ----------
    task
        ``long_term_forecast`` or ``imputation``.
    collected
        CSV of the runs that were done (see `compare`).
    matrix
        JSON list of the runs that were asked for, or the same as a DataFrame.
    folder
        Where the files go; made if need be.
    note
        A caution printed with every table.

    Returns
    -------
    list[Path]
        The files: ``<task>`` and ``<task>_averaged``, each as ``.csv``, ``.md`` and ``.tex``.
    """
    asked = matrix if isinstance(matrix, pd.DataFrame) else read_matrix(matrix)
    return write_comparison(task, compare(task, read_collected(collected), asked), folder, note)


def write_comparison(task: str, table: pd.DataFrame, folder: Path, note: str | None = None) -> list[Path]:
    """Write a tidy table (what `compare` returns) in all forms; return the files."""
    texts = {
        f"{task}.csv": _csv(table),
        f"{task}.md": render_markdown(task, table, note=note),
        f"{task}.tex": render_latex(task, table, note=note),
        f"{task}_averaged.csv": _csv(table[table["setting"] == AVERAGE]),
        f"{task}_averaged.md": render_markdown(task, table, averaged=True, note=note),
        f"{task}_averaged.tex": render_latex(task, table, averaged=True, note=note),
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")
