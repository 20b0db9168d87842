"""Claims of the text that the printed tables do not bear out."""

from __future__ import annotations

from collections.abc import Iterator

from specar.paper.audit.finding import Finding, table_name
from specar.paper.audit.printed import Paper
from specar.paper.claims import (
    HOLDS,
    Claim,
    Recount,
    claim_cells,
    compared,
    in_words,
    printed_count,
    published_recount,
)
from specar.paper.claims import claims as all_claims
from specar.paper.numbers import AVERAGES


def claims(paper: Paper) -> Iterator[Finding]:
    """Yield claims that do not hold by the recount of the printed numbers, with how often they are true."""
    for claim in all_claims():
        recounted = published_recount(claim, paper.numbers)
        if recounted.counts and recounted.word != HOLDS:
            yield _finding(claim, recounted, paper)


def _finding(claim: Claim, recounted: Recount, paper: Paper) -> Finding:
    counts = recounted.counts
    assert counts is not None
    tables = " and ".join(map(table_name, claim.tables))
    said = f"“{claim.quote}” ({claim.place})" if claim.quote else f"{claim.title} ({claim.place})"
    found = recounted.note or in_words(claim.rule, counts)
    why = f"the text: {said}; {tables}, {claim.sides}: {found}{_where(claim, paper)}"
    place = (claim.tables[-1], f"all {counts.total} cells", claim.sides, " and ".join(claim.metrics))
    return Finding("claim", *place, _stated(claim, counts.total), found, why)


def _stated(claim: Claim, total: int) -> str:
    if claim.rule == "count":
        return f"best in {printed_count(claim)[0]}"
    words = {"every": f"better in {total}", "most": "better in most"}
    return words.get(claim.rule, f"inside the margin in {total}")


def _where(claim: Claim, paper: Paper) -> str:
    """Where it is not so, unless all is of one dataset, and whether it is better on average."""
    pairs = compared(claim, claim_cells(claim, paper.numbers))
    if claim.rule == "count" or pairs["dataset"].nunique() == 1:
        return ""
    won, lost = pairs[pairs["margin"] > 1e-9], pairs[pairs["margin"] < -1e-9]
    best = "; best on average" if won["dataset"].isin(AVERAGES).any() else ""
    where = "outside" if claim.rule == "equal" else "worse"
    return f"{best}; {where} on {', '.join(dict.fromkeys(lost['dataset']))}"
