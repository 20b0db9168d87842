"""What is said in words in the figure of published against reproduced."""

from __future__ import annotations

import pandas as pd

from specar.figures.request import Results
from specar.figures.tolerance import tolerances_in_words
from specar.paper.sources import source_of
from specar.results.statistics import FAILED, NOT_REQUESTED, PARTIAL

PROTOCOL = "published"


def title_of(task: str) -> str:
    """Return the title of the figure."""
    return f"{source_of(task).title}: published against reproduced"


def cells_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a tidy table that can be in the figure: what the paper prints, by its protocol."""
    return table[(table["protocol"] == PROTOCOL) & table["published"].notna()]


def points_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a tidy table that are in the figure: published cells with a reproduced mean."""
    cells = cells_of(table)
    return cells[cells["reproduced"].notna()]


def above(results: Results) -> list[str]:
    """Return the sentences below the title: the protocol, a caution, and what is there of what is printed."""
    cells = cells_of(results.table)
    sentences = [f"Model {name}: {counts(rows)}." for name, rows in cells.groupby("model", sort=False)]
    note = [" ".join(results.note.split())] if results.note else []
    return [f"Protocol: {PROTOCOL}, which is how the paper measures.", *note, *sentences]


def counts(cells: pd.DataFrame) -> str:
    """Return how many of an model's published cells are reproduced, and what became of the others."""
    known = cells["reproduced"].notna()
    state = cells["state"]
    some = int((known & (state == PARTIAL)).sum())
    missing = {
        "failed": int((~known & (state == FAILED)).sum()),
        "asked for but not done yet": int((~known & ~state.isin([FAILED, NOT_REQUESTED])).sum()),
        "not asked for": int((state == NOT_REQUESTED).sum()),
    }
    rest = [f"{number} {what}" for what, number in missing.items() if number]
    return "; ".join(
        [
            f"{int(known.sum())} of {len(cells)} published cells reproduced so far"
            + (f", {some} of them without some of their seeds" if some else ""),
            *([", ".join(rest)] if rest else []),
        ]
    )


def below(results: Results, has_averages: bool) -> list[str]:
    """Return what the signs of the figure mean, and what is to be known of datasets that are in it."""
    points = points_of(results.table)
    signs = " ".join(
        [
            "Line: reproduced equals published.",
            f"Shaded: within {tolerances_in_words(points['metric'].unique())} of published.",
            error_bars(points["seeds"]),
            *(["Hollow: averages."] if has_averages else []),
            "Named: points that lie farthest off.",
        ]
    )
    prefix = source_of(results.task).prefix
    remarks = [
        f"{name.removeprefix(prefix)}: {' '.join(text.split()).rstrip('.')}."
        for name, text in results.remarks.items()
        if name in set(points["dataset"])
    ]
    return [signs, *remarks]


def error_bars(seeds: pd.Series) -> str:
    """Return what the error bars of points with so many seeds are."""
    low, high = int(seeds.min()), int(seeds.max())
    if high == 1:
        return "One seed per point, so no error bars."
    if low == 1:
        return f"Error bars: sample standard deviation over up to {high} seeds; one seed has none."
    return f"Error bars: sample standard deviation over {high if low == high else f'{low} to {high}'} seeds."


def empty_text(results: Results) -> str:
    """Return what stands in place of the points where there are none."""
    cells = cells_of(results.table)
    if cells.empty:
        return (
            "Nothing to compare: this configuration has no runs of this task under the protocol of the "
            f"paper ({PROTOCOL})."
        )
    if (cells["state"] == NOT_REQUESTED).all():
        return (
            "Nothing to compare: the paper prints no result for the datasets and settings of this "
            "configuration. Its results are in the tables, beside the naive floors."
        )
    return (
        "Nothing to compare yet: of the results that the paper prints and this configuration asks for, "
        "none is reproduced so far."
    )
