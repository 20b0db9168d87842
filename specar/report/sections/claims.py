"""Whether the paper's claims hold, by its own numbers and by ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from specar.judge.claims.table import PUBLISHED
from specar.judge.rules import WORDS, claim_rules
from specar.report.context import Context
from specar.report.render import badge, render
from specar.report.section import Section
from specar.report.text import slug


@dataclass(frozen=True)
class Side:
    """A verdict on a claim: by whose numbers, the word, how often better, equal and worse, and a note."""

    numbers: str
    word: str
    counts: str
    note: str


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdicts."""

    id: str
    name: str
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
    """Return a row per claim: its name, what is counted, and the verdict by each kind of numbers."""
    rows: list[list[str | Markup]] = []
    for claim in claims:
        link = Markup('<a href="#{}">{}</a>').format(claim.id, claim.name)
        rows.append([link, *(badge(side.word) for side in claim.sides), claim.statement])
    return rows


def claim_header(claims: list[JudgedClaim]) -> list[str]:
    """Return the header of `claim_rows`."""
    return ["Claim", *(f"By {side.numbers}" for side in claims[0].sides), "What is counted"]


def words_by_numbers(claims: list[JudgedClaim]) -> list[list[str]]:
    """Return how many claims hold and do not, a row per kind of numbers."""
    found: dict[str, Counter[str]] = {}
    for side in (side for claim in claims for side in claim.sides):
        found.setdefault(side.numbers, Counter())[side.word] += 1
    return [[name, *(str(words[word]) for word in WORDS)] for name, words in found.items()]


def _claim(name: str, rows: pd.DataFrame) -> JudgedClaim:
    first, *_ = records = rows.to_dict("records")
    sides = [Side(_numbers(row["numbers"]), row["word"], _counts(row), row["note"] or "") for row in records]
    shown = name.replace("_", " ").replace("-", " ")
    for word in ("top", "dcn"):
        shown = re.sub(rf"\b{word}\b", word.upper(), shown)
    place, quote, statement = (str(first[key] or "") for key in ("place", "quote", "statement"))
    return JudgedClaim(slug("claim", name), shown[:1].upper() + shown[1:], place, quote, statement, sides)


def _numbers(numbers: str) -> str:
    return "published numbers" if numbers == PUBLISHED else f"our runs ({numbers})"


def _counts(row: Mapping[Hashable, Any]) -> str:
    names = ("better", "equal", "worse")
    known = [f"{name} in {row[name]}" for name in names if not pd.isna(row[name])]
    return ", ".join(known)
