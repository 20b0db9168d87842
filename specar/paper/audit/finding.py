"""A finding of the audit, and findings as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

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
    """Something that the paper's own numbers contradict.

    Attributes
    ----------
    kind
        Which check found it.
    source_table, place, column, metric
        Where: table, row and column as a reader would call them.
    printed, implied
        What is printed and what follows from the rest.
    explanation
        Why, as a sentence.
    severity
        One of `SEVERITIES`.
    key
        What identifies the printed cell, in the names of `specar.paper.numbers.KEY`; empty where it is not
        about one.
    """

    kind: str
    source_table: str
    place: str
    column: str
    metric: str
    printed: str
    implied: str
    explanation: str
    severity: Severity
    key: dict[str, str] = field(default_factory=dict)


def about(
    cell: Cell,
    kind: str,
    implied: str,
    explanation: str,
    severity: Severity = "inconsistent",
    printed: str = "",
) -> Finding:
    """Return a finding about a printed cell."""
    return Finding(
        kind,
        cell.source_table,
        cell.place,
        cell.column,
        cell.metric,
        printed or cell.text,
        implied,
        explanation,
        severity,
        cell.key,
    )


def as_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table of text, gravest first: `COLUMNS` and the rest of the cells' keys."""
    rank = list(SEVERITIES)
    ordered = sorted(findings, key=lambda finding: rank.index(finding.severity))
    rows = [
        {
            **{name: finding.key.get(name, "") for name in _FURTHER_KEYS},
            **{name: getattr(finding, name) for name in COLUMNS},
        }
        for finding in ordered
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
    if number.isdigit():
        return f"{place} Table {number}"
    return f"{place} {number}"
