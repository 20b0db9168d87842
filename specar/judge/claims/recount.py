"""Counts of a claim's cells, and the word that follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from specar.judge.claims.cells import cells_of
from specar.judge.claims.registry import Claim
from specar.judge.rules import FAILS, HOLDS, PARTLY, UNKNOWN, margin_of
from specar.paper.counts import Counts, count, face_to_face
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS, read_published


@dataclass(frozen=True)
class Recount:
    """A claim's word with what it follows from.

    Attributes
    ----------
    word
        One of `specar.judge.rules.WORDS`.
    counts
        Numbers of cells better, equal and worse (claims of equality: inside and outside the margin); None
        where nothing was counted.
    note
        What the numbers do not say.
    """

    word: str
    counts: Counts | None = None
    note: str = ""


def recount(claim: Claim, cells: pd.DataFrame) -> Recount:
    """Count a claim over ``cells`` (see `specar.judge.claims.cells`)."""
    pairs = face_to_face(cells, claim.ours, claim.theirs)
    counts = count(_inside(pairs) if claim.rule == "equal" else pairs["margin"])
    if counts.total == 0:
        return Recount(UNKNOWN, note="no cell to count")
    if claim.rule == "count":
        return _against_printed_count(claim, counts)
    return Recount(word_of(counts, most=claim.rule == "most"), counts)


def word_of(counts: Counts, most: bool = False) -> str:
    """Return the word for the cells in which a claimed side is better, equal and worse."""
    enough = 2 * counts.better > counts.total if most else counts.everywhere
    if enough:
        return HOLDS
    return PARTLY if counts.better > counts.worse else FAILS


def printed_count(claim: Claim) -> tuple[int, int]:
    """Return how often a claim of rule ``count`` says that it is best, and of how many cells."""
    table = read_published("first_counts")
    column = claim.ours.get("variant", OURS)
    rows = table[(table["source_table"] == claim.tables[0]) & (table["column"] == column)]
    return int(rows["printed_count"].item()), len(face_to_face(cells_of(claim), claim.ours, claim.theirs))


def _against_printed_count(claim: Claim, counts: Counts) -> Recount:
    best = counts.better + counts.equal
    printed, cells = printed_count(claim)
    share, claimed = best / counts.total, printed / cells
    word = HOLDS if share >= claimed else PARTLY if 2 * share >= claimed else FAILS
    return Recount(word, counts, f"best in {best} of {counts.total}; printed count: {printed} of {cells}")


def _inside(pairs: pd.DataFrame) -> pd.Series[float]:
    """By how much the difference lies inside the margin, with rounding; never equal."""
    room = [
        float(margin_of(metric).at(theirs)) + 0.5 * 10.0 ** -METRICS[metric].decimals
        for metric, theirs in zip(pairs["metric"], pairs["theirs"], strict=True)
    ]
    left = pd.Series(room, index=pairs.index) - (pairs["ours"] - pairs["theirs"]).abs()
    return left.where(left.isna() | (left.abs() > 1e-9), 1e-6)
