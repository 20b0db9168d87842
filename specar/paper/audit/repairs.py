"""Which single slip of the hand explains numbers that do not fit together, as far as that can be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from specar.paper.audit.evidence import Evidence, evidence_for
from specar.paper.audit.finding import Finding, about
from specar.paper.audit.groups import Series, Sum, broken_series, broken_sums
from specar.paper.audit.printed import Cell, Paper
from specar.paper.audit.slips import RANK, Correction, corrections


@dataclass(frozen=True)
class Repair:
    """A cell with the value that makes its group fit, and what else speaks for and against it."""

    cell: Cell
    correction: Correction
    evidence: Evidence

    @property
    def number(self) -> float:
        """The value, in our unit."""
        return self.cell.value_of(self.correction.text)

    @property
    def score(self) -> tuple[int, int]:
        """Evidence first, then how rarely such a slip fits by chance."""
        return self.evidence.balance, -RANK[self.correction.slip]

    def __str__(self) -> str:
        return f"{self.cell.text} → {self.correction.text} at {self.cell.place} ({self.correction.slip})"


@lru_cache(maxsize=512)
def repairs(paper: Paper, group: Sum | Series) -> tuple[Repair, ...]:
    """Return all single slips that make a group fit, best supported first."""
    found = [
        Repair(cell, correction, evidence_for(paper, cell, number, group))
        for cell in group.cells
        for correction in corrections(cell.text)
        if group.holds(cell, number := cell.value_of(correction.text))
    ]
    return tuple(sorted(found, key=lambda repair: repair.score, reverse=True))


def the_repair(paper: Paper, group: Sum | Series) -> Repair | None:
    """Return the repair that something beside the group supports, and better than any other; None: open."""
    found = repairs(paper, group)
    if not found or not found[0].evidence.supports or found[0].evidence.balance < 1:
        return None
    return found[0] if len(found) == 1 or found[1].score < found[0].score else None


def verdict_on(paper: Paper, group: Sum | Series) -> str:
    """Say which repair there is, or why none can be named."""
    found = repairs(paper, group)
    if best := the_repair(paper, group):
        return f"{best} repairs it"
    if not found:
        return "no single slip in any of its cells repairs it"
    places = list(dict.fromkeys(repair.cell.place for repair in found))
    named = "; ".join(str(repair) for repair in found[:3])
    return (
        f"{len(found)} single slips in {len(places)} of its {len(group.cells)} cells would repair it "
        f"({named}{'; …' if len(found) > 3 else ''}) and nothing tells them apart"
    )


@lru_cache(maxsize=4)
def misprints(paper: Paper) -> tuple[Repair, ...]:
    """Return the cells that can be told to be mistyped, each once."""
    groups: Iterable[Sum | Series] = [*broken_sums(paper), *broken_series(paper)]
    found = [repair for group in groups if (repair := the_repair(paper, group))]
    return tuple({repair.cell: repair for repair in found}.values())


def typos(paper: Paper) -> Iterator[Finding]:
    """Yield the cells that can be told to be mistyped, with what they should say."""
    for repair in misprints(paper):
        yield about(
            repair.cell,
            "typo",
            repair.correction.text,
            f"{repair.correction.slip}: {repair.correction.text} instead of {repair.cell.text} makes the "
            f"{_what_fits(paper, repair)} fit; {repair.evidence}",
            "misprint",
        )


def _what_fits(paper: Paper, repair: Repair) -> str:
    fits = []
    for each in broken_sums(paper):
        if repair.cell in each.cells and each.holds(repair.cell, repair.number):
            fits.append(f"average {each.average.text}")
    for series in broken_series(paper):
        if repair.cell in series.cells and series.holds(repair.cell, repair.number):
            fits.append(f"growth over the settings ({', '.join(cell.text for cell in series.cells)})")
    return " and the ".join(fits)
