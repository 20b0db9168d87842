"""The paper's tables and their files. Imports nothing heavy: the workflow needs it first."""

from __future__ import annotations

SUFFIXES = ("csv", "md", "tex", "html")
TABLE_IDS = (
    *(f"main-{number}" for number in range(1, 7)),
    *(f"appendix-{number}" for number in range(1, 13)),
)
SETUP = "main-1"


def paper_files() -> list[str]:
    """Return the names of the files of all tables, inside the folder ``paper`` of the results."""
    return [f"{name}.{suffix}" for name in TABLE_IDS for suffix in SUFFIXES]


def source_of_id(name: str) -> str:
    """Return how the published CSVs name a table: ``main:2`` for ``main-2``."""
    return name.replace("-", ":")
