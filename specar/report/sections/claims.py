"""Whether the paper's claims hold, by its own numbers and by ours."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from specar.judge.rules import claim_rules
from specar.paper.claims import FAILS, HOLDS, PARTLY, UNKNOWN
from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Section
from specar.tables.judgement import claims_page, whose
from specar.tables.render import fragment


def build(context: Context) -> Section:
    """Return the section."""
    tables = [fragment(table, level=3) for table in claims_page(context.judgement)[1].tables]
    return Section(
        "claims", "The paper's claims", render("claims.html.j2", tables=tables, rules=claim_rules())
    )


def claims_in_words(claims: pd.DataFrame) -> list[str]:
    """Return sentences on how many claims hold, by whose numbers."""
    found = {whose(str(name)): Counter(rows["word"]) for name, rows in claims.groupby("numbers", sort=False)}
    known = {by: words for by, words in found.items() if words[UNKNOWN] < words.total()}
    unknown = " and ".join(by for by in found if by not in known)
    return [
        *(f"By {by} {_in_words(words)}." for by, words in known.items()),
        *([f"By {unknown} none can be judged yet: too few cells are run."] if unknown else []),
    ]


def _in_words(words: Counter[str]) -> str:
    hold, do_not = (words[word] == 1 for word in (HOLDS, FAILS))
    return (
        f"{words[HOLDS]} of {words.total()} {'holds' if hold else 'hold'}, {words[PARTLY]} in part, "
        f"{words[FAILS]} {'does' if do_not else 'do'} not, and {words[UNKNOWN]} cannot be judged"
    )
