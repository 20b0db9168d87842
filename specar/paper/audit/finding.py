"""A finding of the audit, and findings as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from specar.paper.audit.printed import Cell
from specar.paper.numbers import KEY

Severity = Literal["misprint", "inconsistent", "claim", "protocol", "label"]
SEVERITIES: dict[Severity, str] = {
    "misprint": "a number that was mistyped, with what it should be",
    "inconsistent": "numbers that do not fit together",
    "claim": "the text says more than the tables show",
    "protocol": "how it was measured, or not as the paper says",
    "label": "colours, names and what is not stated",
}
# Findings of all other kinds are of numbers that do not fit together.
_SEVERITY_OF: dict[str, Severity] = {
    "typo": "misprint",
    "claim": "claim",
    **dict.fromkeys(("random_scores", "setting", "selection", "learning_rate"), "protocol"),
    **dict.fromkeys(("unstated_top", "mark", "label"), "label"),
}
COLUMNS = [
    "kind",
    "source_table",
    "place",
    "column",
    "metric",
    "printed",
    "implied",
    "explanation",
    "severity",
]
_FURTHER_KEYS = [name for name in KEY if name not in COLUMNS]


@dataclass(frozen=True)
class Finding:
    """Something that the paper's own numbers contradict: where, as a reader would call it, and why.

    ``implied`` is what follows from the rest, ``explanation`` a sentence. ``key`` identifies the printed cell
    in the names of `specar.paper.numbers.KEY`; it is empty where the finding is not about one.
    """

    kind: str
    source_table: str
    place: str
    column: str
    metric: str
    printed: str
    implied: str
    explanation: str
    key: dict[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How grave it is, by its kind."""
        return _SEVERITY_OF.get(self.kind, "inconsistent")


def about(cell: Cell, kind: str, implied: str, explanation: str, **changed: Any) -> Finding:
    """Return a finding about a printed cell; ``changed`` are fields that are not as the cell has them."""
    place = (cell.source_table, cell.place, cell.column, cell.metric)
    return replace(Finding(kind, *place, cell.text, implied, explanation, cell.key), **changed)


def as_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table of text, gravest first: `COLUMNS` and the rest of the cells' keys."""
    rank = list(SEVERITIES)
    rows = [
        {name: getattr(finding, name) for name in COLUMNS}
        | {name: finding.key.get(name, "") for name in _FURTHER_KEYS}
        for finding in sorted(findings, key=lambda finding: rank.index(finding.severity))
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, *_FURTHER_KEYS])


def table_name(source: str) -> str:
    """Return a table's name as a reader would call it.

    >>> table_name("appendix:12")
    'appendix Table 12'
    """
    place, _, number = source.partition(":")
    if place == "release" and number.isdigit():
        return f"main Table {number} as in the repository"
    return f"{place} Table {number}" if number.isdigit() else f"{place} {number}"
