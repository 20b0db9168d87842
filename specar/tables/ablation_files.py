"""Names of the files of an ablation. Imports nothing heavy: the workflow needs them first."""

from __future__ import annotations

FIGURE_SUFFIXES = ("pdf", "svg", "png")
SUFFIXES = ("csv", "md", "tex", "html", *FIGURE_SUFFIXES)


def ablation_files(name: str) -> list[str]:
    """Return the names of the tables and the figure of an ablation."""
    return [f"{name}.{suffix}" for suffix in SUFFIXES]
