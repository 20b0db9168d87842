"""Averages and series that do not fit, and which single slip explains it, where that can be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from specar.paper.audit.evidence import Evidence, evidence_for
from specar.paper.audit.finding import Finding, about
from specar.paper.audit.groups import Series, Sum, broken_series, broken_sums
from specar.paper.audit.printed import Cell, Paper

Slip = Literal["digits swapped", "digits shifted", "one digit wrong"]
# The first two leave the digits as they are; one wrong digit fits by chance far more often.
_RANK: dict[Slip, int] = {"digits swapped": 0, "digits shifted": 0, "one digit wrong": 1}


@dataclass(frozen=True)
class Correction:
    """A number that a single slip turns into the printed one."""

    text: str
    slip: Slip


def corrections(text: str) -> list[Correction]:
    """Return what may have been meant by a printed number, likelier slips first.

    Two neighbouring digits swapped, all digits shifted by a place (where none but a zero gets lost), or one
    digit replaced. All have as many digits after the point as the printed number.

    >>> [c.text for c in corrections("0.46") if c.slip != "one digit wrong"]
    ['4.06', '0.64', '4.60']
    """
    point = text.index(".") if "." in text else len(text)
    digits, decimals = text.replace(".", ""), len(text) - point - 1 if "." in text else 0
    found: dict[str, Slip] = {}
    for candidate, slip in _changed(digits):
        written = _written(candidate, decimals)
        if written != text:
            found.setdefault(written, slip)
    return [Correction(written, slip) for written, slip in found.items()]


def _changed(digits: str) -> Iterator[tuple[str, Slip]]:
    for i in range(len(digits) - 1):
        yield digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :], "digits swapped"
    if digits.endswith("0"):
        yield "0" + digits[:-1], "digits shifted"
    yield digits + "0", "digits shifted"
    for i, old in enumerate(digits):
        for new in "0123456789":
            if new != old:
                yield digits[:i] + new + digits[i + 1 :], "one digit wrong"


def _written(digits: str, decimals: int) -> str:
    if not decimals:
        return str(int(digits))
    return f"{int(digits[:-decimals] or '0')}.{digits[-decimals:]}"


@dataclass(frozen=True)
class Repair:
    """A cell with the value that makes its group fit, and what else speaks for and against it."""

    cell: Cell
    correction: Correction
    evidence: Evidence

    @property
    def number(self) -> float:
        return self.cell.value_of(self.correction.text)

    @property
    def score(self) -> tuple[int, int]:
        """Evidence first, then how rarely such a slip fits by chance."""
        return self.evidence.balance, -_RANK[self.correction.slip]

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
        cell, meant = repair.cell, repair.correction
        why = f"{meant.slip}: {meant.text} instead of {cell.text} makes the {_what_fits(paper, repair)} fit"
        yield about(cell, "typo", meant.text, f"{why}; {repair.evidence}")


def _what_fits(paper: Paper, repair: Repair) -> str:
    fits = []
    for each in broken_sums(paper):
        if repair.cell in each.cells and each.holds(repair.cell, repair.number):
            fits.append(f"average {each.average.text}")
    for series in broken_series(paper):
        if repair.cell in series.cells and series.holds(repair.cell, repair.number):
            fits.append(f"growth over the settings ({', '.join(cell.text for cell in series.cells)})")
    return " and the ".join(fits)


def averages(paper: Paper) -> Iterator[Finding]:
    """Yield averages that are not the mean of their parts."""
    for each in broken_sums(paper):
        average, mean = each.average, each.average.written(each.mean(), 1)
        units = abs(each.mean() - average.number) / (2 * average.half)
        why = (
            f"the mean of the {len(each.parts)} printed parts ({', '.join(c.text for c in each.parts)}) is "
            f"{mean}, {units:.0f} units of the last digit from the printed {average.text}"
        )
        yield about(average, "average", mean, f"{why}: {verdict_on(paper, each)}")


def order(paper: Paper) -> Iterator[Finding]:
    """Yield errors that fall although more of the series is hidden."""
    for group in broken_series(paper):
        first, verdict = group.cells[0], "no other number points to a misprint"
        if the_repair(paper, group):
            verdict = verdict_on(paper, group)
        why = (
            f"hiding more of {first.dataset} makes the {first.metric.upper()} of {first.column} smaller by "
            f"{100 * group.fall:.0f} %: {verdict}"
        )
        printed, key = "; ".join(cell.text for cell in group.cells), {**first.key, "setting": ""}
        yield about(first, "order", "increasing", why, printed=printed, place=first.dataset, key=key)
