"""All claims as one table: a row per claim for the published numbers, and one per architecture for ours."""

from __future__ import annotations

from typing import Any

import pandas as pd

from specar.judge.claims.cells import cells_of
from specar.judge.claims.own import OwnResults, own_recount
from specar.judge.claims.recount import Recount, recount
from specar.judge.claims.registry import CLAIMS, Claim
from specar.judge.rules import UNKNOWN

PUBLISHED = "published"
COLUMNS = [
    *(
        "claim",
        "place",
        "quote",
        "statement",
        "numbers",
        "word",
        "better",
        "equal",
        "worse",
        "counted",
        "note",
    )
]


def claim_table(own: OwnResults) -> pd.DataFrame:
    """Judge every claim.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``numbers`` is ``published`` or the architecture of our runs. ``better``, ``equal`` and
        ``worse`` are numbers of cells, ``counted`` their sum; for claims of equality, better is inside
        the margin and worse outside. NaN where nothing was counted.
    """
    architectures = list(dict.fromkeys(own.runs["architecture"]))
    rows = []
    for claim in CLAIMS:
        rows.append(_row(claim, PUBLISHED, published_recount(claim)))
        rows += [_row(claim, name, own_recount(claim, own, name)) for name in architectures]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[6:10], "Int64"))


def published_recount(claim: Claim) -> Recount:
    """Count a claim over the paper's own numbers, misprints included."""
    return Recount(UNKNOWN, note=claim.unknown) if claim.unknown else recount(claim, cells_of(claim))


def _row(claim: Claim, numbers: str, found: Recount) -> dict[str, Any]:
    row = {"claim": claim.id, "place": claim.place, "quote": claim.quote, "statement": claim.statement}
    row |= {"numbers": numbers, "word": found.word, "note": found.note}
    if found.counts is None:
        return row
    counts = found.counts
    return {
        **row, "better": counts.better, "equal": counts.equal, "worse": counts.worse, "counted": counts.total,
    }  # fmt: skip
