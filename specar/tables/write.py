"""Writes tables as CSV, Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from specar.base.files import write_text
from specar.tables.files import SUFFIXES
from specar.tables.render import as_csv, render
from specar.tables.table import Page


def write_page(
    folder: Path, name: str, product: tuple[pd.DataFrame, Page], suffixes: Iterable[str] = SUFFIXES
) -> list[Path]:
    """Write tidy rows and their tables to ``folder``, a file per suffix; return the paths."""
    rows, page = product
    texts = {f"{name}.{end}": as_csv(rows) if end == "csv" else render(page, end) for end in suffixes}
    for file, text in texts.items():
        write_text(folder / file, text)
    return [folder / file for file in texts]
