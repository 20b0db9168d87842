"""All claims as one table: a row per claim for the published numbers, and one per label of SpecAR-Net."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from specar.judge.own import OwnResults, own_recount
from specar.paper.claims import Claim, Recount, claims, in_words, published_recount
from specar.paper.counts import Counts

PUBLISHED = "published"
_TEXTS = ["title", "place", "quote", "statement", "rule"]
_COUNTS = ["better", "equal", "worse", "counted"]
COLUMNS = ["claim", *_TEXTS[:-1], "numbers", "word", "rule", *_COUNTS, "note"]


def counted_in_words(row: Mapping[Hashable, Any]) -> str:
    """Return the counts of a row of `claim_table` in words; empty where nothing was counted."""
    if pd.isna(row["counted"]):
        return ""
    return in_words(str(row["rule"]), Counts(*(int(row[name]) for name in _COUNTS[:3])))


def claim_table(own: OwnResults) -> pd.DataFrame:
    """Judge every claim.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``numbers`` is ``published`` or the label of our runs. ``better``, ``equal`` and
        ``worse`` are numbers of cells, ``counted`` their sum; for claims of equality, better is inside the
        margin and worse outside. NaN where nothing was counted.
    """
    rows = []
    for claim in claims():
        rows.append(_row(claim, PUBLISHED, published_recount(claim)))
        rows += [_row(claim, label, own_recount(claim, own, label)) for label in own.labels]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(_COUNTS, "Int64"))


def _row(claim: Claim, numbers: str, found: Recount) -> dict[str, Any]:
    row: dict[str, Any] = {"claim": claim.id, **{name: getattr(claim, name) for name in _TEXTS}}
    row |= {"numbers": numbers, "word": found.word, "note": found.note}
    if (counts := found.counts) is not None:
        row |= dict(zip(_COUNTS, (counts.better, counts.equal, counts.worse, counts.total), strict=True))
    return row
