"""The figures and their files. Imports nothing heavy: the workflow needs the names first."""

from __future__ import annotations

SUFFIXES = ("pdf", "svg", "png")
# Name of each figure, as in its files, and the module whose ``draw`` makes it of a task's `Results`.
FIGURES = {"comparison": "specar.figures.comparison"}
# Likewise of the figures over the whole plan: the module whose ``draw`` makes a `PaperFigure` of a
# `PaperResults` (specar.figures.paper.request), and further arguments.
PAPER_FIGURES: dict[str, tuple[str, ...]] = {
    "classification_models": ("specar.figures.paper.classification_models",),
}


def figure_files(task: str) -> list[str]:
    """Return the names of the files that ``write_figures`` makes of ``task``."""
    return [f"{task}_{name}.{suffix}" for name in FIGURES for suffix in SUFFIXES]


def paper_figure_files() -> list[str]:
    """Return the names of the files that ``write_paper_figures`` makes."""
    return [f"{name}.{suffix}" for name in PAPER_FIGURES for suffix in (*SUFFIXES, "json")]
