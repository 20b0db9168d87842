"""Entries of a legend."""

from __future__ import annotations

from matplotlib.lines import Line2D

from specar.figures.style import MARKER, Series


def entry(label: str, look: Series, hollow: bool = False) -> Line2D:
    """Return an entry of a legend: a marker and what it stands for."""
    return Line2D(
        [], [], color=look.colour, marker=look.marker, markersize=MARKER, linestyle="",
        markerfacecolor="white" if hollow else look.colour,
        markeredgecolor=look.colour if hollow else "white",
        markeredgewidth=1.2 if hollow else 0.6, label=label,
    )  # fmt: skip
