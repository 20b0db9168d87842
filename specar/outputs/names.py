"""Names of all files that are written of results. Imports nothing heavy: the workflow needs them first."""

from __future__ import annotations

from specar.config.tasks import TASK_INFO
from specar.figures.files import FIGURES, PAPER_FIGURES, RANKED
from specar.tables.files import JUDGED, TABLES

TABLE_SUFFIXES, TEXT_SUFFIXES = ("csv", "md", "tex", "html"), ("csv", "md")
FIGURE_SUFFIXES = ("pdf", "svg", "png")

JUDGED_CSV = ("pairs.csv", "against_datasets.csv")


def _named(stems: list[str], suffixes: tuple[str, ...]) -> list[str]:
    return [f"{stem}.{suffix}" for stem in stems for suffix in suffixes]


def table_files(task: str) -> list[str]:
    """Return the tables of a task, in the folder ``tables``; averages over settings have their own."""
    return _named([task, f"{task}_averaged"] if TASK_INFO[task].setting else [task], TABLE_SUFFIXES)


def figure_files(task: str) -> list[str]:
    """Return the figures of a task, in the folder ``figures``."""
    return _named([f"{task}_{name}" for name in FIGURES], FIGURE_SUFFIXES)


def paper_files() -> list[str]:
    """Return the tables over the whole plan, in the folder ``paper``."""
    return _named(list(TABLES), TABLE_SUFFIXES)


def paper_figure_files() -> list[str]:
    """Return the figures over the whole plan, with their titles as JSON, in the folder ``figures/paper``."""
    return _named(list(PAPER_FIGURES), (*FIGURE_SUFFIXES, "json"))


def ablation_files(name: str) -> list[str]:
    """Return the tables and the figure of an ablation, in the folder ``ablations``."""
    return _named([name], (*TABLE_SUFFIXES, *FIGURE_SUFFIXES))


def judgement_files() -> list[str]:
    """Return the files of the judgement, in the folder ``judgement``."""
    figures = _named([f"ranks_{task}" for task in RANKED], FIGURE_SUFFIXES)
    return [*_named(list(JUDGED), TEXT_SUFFIXES), *JUDGED_CSV, *figures]


AUDIT_FILES = ("audit.csv", "audit.md")
