"""Errors that fall although more of the series is hidden."""

from __future__ import annotations

from collections.abc import Iterator

from specar.paper.audit.finding import Finding, about
from specar.paper.audit.groups import broken_series
from specar.paper.audit.printed import Paper
from specar.paper.audit.repairs import the_repair, verdict_on


def order(paper: Paper) -> Iterator[Finding]:
    """Yield errors that fall although more of the series is hidden."""
    for group in broken_series(paper):
        first, texts = group.cells[0], [cell.text for cell in group.cells]
        misprinted = the_repair(paper, group) is not None
        verdict = verdict_on(paper, group) if misprinted else "no other number points to a misprint"
        found = about(
            first,
            "order",
            "increasing",
            f"hiding more of {first.dataset} makes the {first.metric.upper()} of {first.column} smaller by "
            f"{100 * group.fall:.0f} %: {verdict}",
            printed="; ".join(texts),
        )
        yield Finding(**{**vars(found), "place": first.dataset, "key": {**first.key, "setting": ""}})
