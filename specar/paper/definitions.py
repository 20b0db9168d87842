"""What each table of results holds, as ``tables.yaml`` says. Table 1 has none: see `specar.tables.setup`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from specar.base.errors import SpecarError
from specar.base.safe_yaml import read_builtin
from specar.paper import SETUP, TABLE_IDS
from specar.paper.numbers import cells_of, read_published
from specar.paper.published import printed_datasets
from specar.paper.sources import source_of


@dataclass(frozen=True)
class PrintedRow:
    """A row of results that are compared with each other, for each of its metrics in the table's order."""

    task: str
    dataset: str
    setting: str
    metrics: tuple[str, ...]
    label: str = ""  # its name where that is not what the paper calls the dataset

    @property
    def name(self) -> str:
        """What stands at the left of the row."""
        return self.label or self.dataset.removeprefix(source_of(self.task).prefix)


@dataclass(frozen=True)
class TableDefinition:
    """A table of the paper: ``main-N`` or ``appendix-N``, with its rows in the paper's order."""

    id: str
    title: str
    task: str | None  # None where it spans all
    rows: tuple[PrintedRow, ...]
    caption: str
    top: bool = False  # our runs are those with TOP, for tasks that have it
    form: Literal["metric columns", "metric lines", "model lines"] = "metric columns"
    fraction: bool = False  # accuracy, precision, recall and F1 are printed as fractions, not in percent
    base_variant: str = ""  # the backbone or kind of training that is the ordinary run of the matrix

    @property
    def source_table(self) -> str:
        return self.id.replace("-", ":")

    @property
    def tasks(self) -> list[str]:
        return list(dict.fromkeys(row.task for row in self.rows))

    @property
    def metrics(self) -> list[str]:
        return list(dict.fromkeys(metric for row in self.rows for metric in row.metrics))

    @cached_property
    def models(self) -> list[tuple[str, str]]:
        """Model and variant of every printed column, in the paper's order."""
        printed = cells_of(self.source_table)
        return list(dict.fromkeys(zip(printed["model"], printed["variant"], strict=True)))

    @cached_property
    def printed_counts(self) -> dict[str, str]:
        """The printed numbers of best cells by model or variant; empty where the table has none."""
        counts = read_published("first_counts")
        counts = counts[counts["source_table"] == self.source_table]
        return dict(zip(counts["column"], counts["printed_count"], strict=True))


def _rows(
    metrics: list[str],
    task: str,
    datasets: list[str] | None = None,
    settings: tuple[str, ...] = ("",),
    label: str = "",
) -> Iterator[PrintedRow]:
    for dataset in datasets or printed_datasets(task):
        for setting in settings:
            yield PrintedRow(task, dataset, setting, tuple(metrics), label)


def _defined(name: str, entry: dict[str, Any]) -> TableDefinition:
    task = entry.get("task")
    rows = tuple(row for given in entry["rows"] for row in _rows(**{"task": task, **given}))
    return TableDefinition(**{**entry, "id": name, "task": task, "rows": rows})


_TABLES = read_builtin("specar.paper", "tables.yaml")
DEFINITIONS = {name: _defined(name, entry) for name, entry in _TABLES.items()}


def definition_of(name: str) -> TableDefinition:
    """Look up a table with results; `SpecarError` for any other, and for Table 1, which has settings."""
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    if name == SETUP:
        raise SpecarError(f"{SETUP} has settings rather than results; see specar.tables.setup")
    raise SpecarError(f"the paper has no table {name!r}; known: {', '.join(TABLE_IDS)}")
