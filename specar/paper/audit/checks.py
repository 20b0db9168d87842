"""All checks of the audit, and their findings as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from specar.paper.audit import claims, colours, outside, repairs, scores, settings, tables
from specar.paper.audit.finding import Finding, as_table
from specar.paper.audit.printed import Paper
from specar.paper.numbers import KEY

CHECKS: tuple[Callable[[Paper], Iterator[Finding]], ...] = (
    repairs.typos,
    repairs.averages,
    repairs.order,
    scores.f1,
    scores.mae_against_mse,
    scores.weighted_averages,
    scores.owa,
    tables.cross_tables,
    tables.rounded_columns,
    tables.missing_rows,
    colours.first_counts,
    outside.released_log,
    outside.figure,
    claims.claims,
    outside.random_scores,
    settings.settings,
    settings.windows,
    settings.even_windows,
    settings.horizons,
    settings.datasets,
    outside.selection,
    outside.learning_rates,
    tables.unstated_top,
    colours.colours,
    colours.years,
)
# What casts doubt on a single printed number; the rest is about rows, colours, claims or protocols.
_ABOUT_NUMBERS = ("misprint", "inconsistent")


def audit(paper: Paper | None = None) -> pd.DataFrame:
    """Check the paper, by default all that is published, against itself.

    Returns a row per finding, all text, gravest first: `specar.paper.audit.finding.COLUMNS`, and the rest of
    `specar.paper.numbers.KEY` of the printed cell, empty where it is about more than one.
    """
    paper = paper or Paper()
    return as_table(finding for check in CHECKS for finding in check(paper))


def flagged_cells(findings: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the printed cells that findings (by default all) cast doubt on, for marks in tables.

    `specar.paper.numbers.KEY` of each cell, once, with ``kind``, ``severity``, ``printed``, ``implied`` and
    ``explanation`` of its gravest finding.
    """
    found = audit() if findings is None else findings
    single = (found["model"] != "") & (found["metric"] != "") & (found["dataset"] != "")
    whole = found["kind"].isin(["order", "rounding"])  # about a series or a column
    flagged = found[single & ~whole & found["severity"].isin(_ABOUT_NUMBERS)]
    columns = [*KEY, "kind", "severity", "printed", "implied", "explanation"]
    return flagged[columns].drop_duplicates(KEY).reset_index(drop=True)
