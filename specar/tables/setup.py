"""Table 1 of the paper, the experiments: computed from configuration and registry, beside what is stated."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from specar.paper import SETUP
from specar.paper.numbers import read_published
from specar.paper.sources import source_of
from specar.tables.experiments import ALL, ITEMS, own_text, paper_runs
from specar.tables.table import DIFFERS, TEXT, Cell, Column, Line, Table
from specar.tables.task import records_of

COLUMNS = ["table", "source", "task", "item", "own", "stated", "differs"]
_PLACES = {"main:1": "Table 1", "main:text": "text", "appendix:text": "appendix"}
# What the paper writes in another way than the registry, the configuration or our tables.
_ALIASES = {"ett": "ett (4 subsets)", "f1-score": "f1", "rectangular": "rectangle"}


def setup_rows(prepared: Path | None = None) -> pd.DataFrame:
    """Return what the paper states of its experiments, beside what this pipeline does by default.

    ``prepared`` is a folder of prepared datasets: only the data say how long the series of a classification
    set are. ``own`` is empty where the pipeline has no such setting or it is not known; then it does not
    count as one that ``differs``.
    """
    runs, rows = paper_runs(), []
    for stated in records_of(read_published("experiment_settings")):
        own = own_text(runs, stated["task"], stated["item"], prepared)
        value = {"table": SETUP, **stated, "stated": stated["stated_value"], "own": own}
        rows.append({**value, "differs": bool(own) and _tokens(own) != _tokens(stated["stated_value"])})
    return pd.DataFrame(rows)[COLUMNS]


def setup_table(rows: pd.DataFrame) -> Table:
    """Return Table 1 from what `setup_rows` returns."""
    found = records_of(rows)
    blocks = [
        tuple(_line(row) for row in found if row["task"] == task) for task in rows["task"].drop_duplicates()
    ]
    differ = int(rows["differs"].sum())
    return Table(
        id=SETUP,
        title="Main Table 1: The experiment configurations",
        names=("Task", "Setting"),
        columns=tuple(
            Column((text,), text, prose=True) for text in ("This pipeline", "The paper states", "Where")
        ),
        blocks=tuple(blocks),
        notes=(
            "This pipeline: computed from the dataset registry and the configuration of the paper in full, "
            "which has the hyper-parameters of the authors' scripts.",
            "The paper: its Table 1, its text and its appendix.",
        ),
        legend=(f"{DIFFERS}: differs from what the paper states ({differ} of {len(rows)} settings).",),
    )


def _line(row: dict[str, object]) -> Line:
    task, item = str(row["task"]), str(row["item"])
    name = "All tasks" if task == ALL else source_of(task).title
    unknown = "known once the data are prepared" if item in ITEMS else "not a setting"
    cells = (
        Cell(TEXT, str(row["own"]) or unknown, differs=bool(row["differs"])),
        Cell(TEXT, str(row["stated"])),
        Cell(TEXT, _PLACES[str(row["source"])]),
    )
    return Line((name, re.sub(r"_(?=length|function|size|ratios)", " ", item)), cells)


def _tokens(text: str) -> set[str]:
    parts = (part.strip().lower() for part in text.split(";"))
    return {_ALIASES.get(part, part) for part in parts}
