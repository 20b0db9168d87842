"""Findings of the audit of the paper: for the terminal, and as tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pandas as pd

from specar.paper.audit.finding import SEVERITIES, Severity, table_name
from specar.paper.metrics import METRICS
from specar.tables.table import Page, Table, listed

_WIDTH = 110
_HEADER = ["Kind", "Table", "Row", "Column", "Printed", "Implied", "Why"]


def summary(findings: pd.DataFrame, full: bool = False) -> str:
    """Return findings as text, by severity; of labels only their number unless ``full``."""
    lines = [f"{len(findings)} findings: {_counts(findings, 'severity')}"]
    for severity, rows in _by_severity(findings):
        lines.append(f"\n{severity} ({len(rows)}): {SEVERITIES[severity]}")
        if severity == "label" and not full:
            lines.append(f"  {_counts(rows, 'kind')}; --full lists them")
            continue
        for kind, *place, printed, implied, why in _texts(rows):
            text = f"{kind}: {', '.join(place)}: {printed} → {implied}: {why}"
            lines.append(textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="      "))
    return "\n".join(lines)


def audit_page(findings: pd.DataFrame) -> tuple[pd.DataFrame, Page]:
    """Return findings, and the page with a table per severity."""
    notes = (
        "What the paper's own numbers contradict, recomputed from what is published. A printed number stands "
        "for all that round to it.",
        f"{len(findings)} findings: {_counts(findings, 'severity')}.",
    )
    return findings, Page("Audit of the paper", tuple(audit_tables(findings)), notes)


def audit_tables(findings: pd.DataFrame) -> Iterator[Table]:
    """Yield a table per severity that has findings."""
    for severity, rows in _by_severity(findings):
        title = f"{severity.capitalize()}: {SEVERITIES[severity]}"
        notes = (f"{_counts(rows, 'kind')}.",)
        yield listed(f"audit-{severity}", title, _HEADER, _texts(rows), 4, _HEADER[4:], notes)


def _by_severity(findings: pd.DataFrame) -> Iterator[tuple[Severity, pd.DataFrame]]:
    for severity in SEVERITIES:
        rows = findings[findings["severity"] == severity]
        if len(rows):
            yield severity, rows


def _counts(findings: pd.DataFrame, column: str) -> str:
    counts = findings[column].value_counts(sort=False)
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "none"


def _texts(findings: pd.DataFrame) -> list[list[str]]:
    """The columns of `_HEADER`; metrics are called what the tables call them."""
    labels = {name: metric.label for name, metric in METRICS.items()}
    return [
        [
            str(row["kind"]),
            table_name(row["source_table"]),
            str(row["place"]),
            " ".join(filter(None, [row["column"], *(labels.get(w, w) for w in row["metric"].split(" "))])),
            *(str(row[name]) for name in ("printed", "implied", "explanation")),
        ]
        for row in findings.to_dict("records")
    ]
