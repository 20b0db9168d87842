"""Whether the paper's claims hold, by its own numbers and by ours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from specar.judge.claims import PUBLISHED, counted_in_words
from specar.judge.rules import claim_rules
from specar.paper.claims import FAILS, HOLDS, PARTLY, UNKNOWN
from specar.report.context import Context
from specar.report.render import badge, render
from specar.report.section import Section
from specar.report.text import slug


@dataclass(frozen=True)
class Side:
    """A verdict on a claim: by whose numbers, the word, what was counted, and a note."""

    numbers: str
    word: str
    counts: str
    note: str

    @property
    def by(self) -> str:
        """Whose numbers they are, in words."""
        return "published numbers" if self.numbers == PUBLISHED else f"our runs ({self.numbers})"


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdicts."""

    id: str
    title: str
    place: str
    quote: str
    statement: str
    sides: list[Side]


def build(context: Context) -> Section:
    """Return the section."""
    claims = judged_claims(context)
    body = render("claims.html.j2", claims=claims, rules=claim_rules())
    return Section("claims", "The paper's claims", body)


def judged_claims(context: Context) -> list[JudgedClaim]:
    """Return the claims of the paper, in the order of their registry."""
    table = context.judgement.claims
    return [_claim(str(name), rows) for name, rows in table.groupby("claim", sort=False)]


def claim_rows(claims: list[JudgedClaim]) -> list[list[str | Markup]]:
    """Return a header and a row per claim: its title, the verdicts, and what is counted.

    Numbers that no claim can be judged by yet have no column.
    """
    words = {side.by: {claim.sides[i].word for claim in claims} for i, side in enumerate(claims[0].sides)}
    known = [by for by, found in words.items() if found != {UNKNOWN}]
    rows: list[list[str | Markup]] = [["Claim", *(f"By {by}" for by in known), "What is counted"]]
    for claim in claims:
        link = Markup('<a href="#{}">{}</a>').format(claim.id, claim.title)
        badges = [badge(side.word) for side in claim.sides if side.by in known]
        rows.append([link, *badges, claim.statement])
    return rows


def claims_in_words(claims: list[JudgedClaim]) -> list[str]:
    """Return sentences on how many claims hold, by whose numbers."""
    found: dict[str, Counter[str]] = {}
    for side in (side for claim in claims for side in claim.sides):
        found.setdefault(side.by, Counter())[side.word] += 1
    known = {by: words for by, words in found.items() if words[UNKNOWN] < len(claims)}
    sentences = [f"By {by} {_in_words(words, len(claims))}." for by, words in known.items()]
    unknown = " and ".join(by for by in found if by not in known)
    return [
        *sentences,
        *([f"By {unknown} none can be judged yet: too few cells are run."] if unknown else []),
    ]


def _in_words(words: Counter[str], total: int) -> str:
    hold, do_not = (words[word] == 1 for word in (HOLDS, FAILS))
    return (
        f"{words[HOLDS]} of {total} {'holds' if hold else 'hold'}, {words[PARTLY]} in part, "
        f"{words[FAILS]} {'does' if do_not else 'do'} not, and {words[UNKNOWN]} cannot be judged"
    )


def _claim(name: str, rows: pd.DataFrame) -> JudgedClaim:
    first, *_ = records = rows.to_dict("records")
    sides = [
        Side(str(row["numbers"]), row["word"], counted_in_words(row), row["note"] or "") for row in records
    ]
    title, place, quote, statement = (
        str(first[key] or "") for key in ("title", "place", "quote", "statement")
    )
    return JudgedClaim(slug("claim", name), title, place, quote, statement, sides)
