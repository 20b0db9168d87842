"""The figures and their files. Imports nothing heavy: the workflow needs the names first."""

from __future__ import annotations

SUFFIXES = ("pdf", "svg", "png")
# Name of each figure, as in its files, and the module whose ``draw`` makes it of a task's `Results`.
FIGURES = {"comparison": "specar.figures.comparison"}


def figure_files(task: str) -> list[str]:
    """Return the names of the files that ``write_figures`` makes of ``task``."""
    return [f"{task}_{name}.{suffix}" for name in FIGURES for suffix in SUFFIXES]
