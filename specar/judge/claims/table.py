"""All claims as one table: a row per claim for the published numbers, and one per model for ours."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
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
        "title",
        "place",
        "quote",
        "statement",
        "numbers",
        "word",
        "rule",
        "better",
        "equal",
        "worse",
        "counted",
        "note",
    )
]
_COUNTS = ["better", "equal", "worse", "counted"]
# What better, equal and worse are called where a claim is not about being better.
_WORDS = {
    "equal": ("inside the margin", "", "outside of it"),
    "count": ("best alone", "best with others", "not best"),
}


def counted_in_words(row: Mapping[Hashable, Any]) -> str:
    """Return the counts of a row of `claim_table` in words; empty where nothing was counted."""
    if pd.isna(row["counted"]):
        return ""
    words = _WORDS.get(str(row["rule"]), ("better", "equal", "worse"))
    numbers = (row[name] for name in _COUNTS)
    return ", ".join(f"{word} in {number}" for word, number in zip(words, numbers, strict=False) if word)


def claim_table(own: OwnResults) -> pd.DataFrame:
    """Judge every claim.

    Returns
    -------
    DataFrame
        `COLUMNS`. ``rule`` is that of the claim; ``numbers`` is ``published`` or the model of our
        runs. ``better``, ``equal`` and ``worse`` are numbers of cells, ``counted`` their sum; for claims of
        equality, better is inside the margin and worse outside. NaN where nothing was counted.
    """
    models = list(dict.fromkeys(own.runs["model"]))
    rows = []
    for claim in CLAIMS:
        rows.append(_row(claim, PUBLISHED, published_recount(claim)))
        rows += [_row(claim, name, own_recount(claim, own, name)) for name in models]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(_COUNTS, "Int64"))


def published_recount(claim: Claim) -> Recount:
    """Count a claim over the paper's own numbers, misprints included."""
    return Recount(UNKNOWN, note=claim.unknown) if claim.unknown else recount(claim, cells_of(claim))


def _row(claim: Claim, numbers: str, found: Recount) -> dict[str, Any]:
    row = {
        "claim": claim.id,
        "title": claim.title,
        "rule": claim.rule,
        "place": claim.place,
        "quote": claim.quote,
        "statement": claim.statement,
    }
    row |= {"numbers": numbers, "word": found.word, "note": found.note}
    if found.counts is None:
        return row
    counts = found.counts
    return {
        **row, "better": counts.better, "equal": counts.equal, "worse": counts.worse, "counted": counts.total,
    }  # fmt: skip
