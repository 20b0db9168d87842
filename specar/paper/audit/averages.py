"""Printed averages against the mean of their parts."""

from __future__ import annotations

from collections.abc import Iterator

from specar.paper.audit.finding import Finding, about
from specar.paper.audit.groups import broken_sums
from specar.paper.audit.printed import Paper
from specar.paper.audit.repairs import verdict_on


def averages(paper: Paper) -> Iterator[Finding]:
    """Yield averages that are not the mean of their parts."""
    for each in broken_sums(paper):
        mean, average = each.mean(), each.average
        yield about(
            average,
            "average",
            average.written(mean, 1),
            f"the mean of the {len(each.parts)} printed parts ({', '.join(c.text for c in each.parts)}) is "
            f"{average.written(mean, 1)}, {abs(mean - average.number) / (2 * average.half):.0f} units of the "
            f"last digit from the printed {average.text}: {verdict_on(paper, each)}",
        )
