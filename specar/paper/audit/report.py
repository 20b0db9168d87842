"""Findings of the audit as text, for the terminal and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pandas as pd

from specar.paper.audit.finding import SEVERITIES, Severity, table_name
from specar.tables.markdown import pipe_table

_WIDTH = 110
_HEADER = ["kind", "table", "row", "column", "printed", "implied", "why"]


def summary(findings: pd.DataFrame, full: bool = False) -> str:
    """Return findings as text, by severity; of labels only their number unless ``full``."""
    lines = [f"{len(findings)} findings: {_counts(findings, 'severity')}"]
    for severity, rows in _by_severity(findings):
        lines.append(f"\n{severity} ({len(rows)}): {SEVERITIES[severity]}")
        if severity == "label" and not full:
            lines.append(f"  {_counts(rows, 'kind')}; --full lists them")
            continue
        lines += [_paragraph(row) for row in _records(rows)]
    return "\n".join(lines)


def markdown(findings: pd.DataFrame) -> str:
    """Return findings as Markdown, a table per severity."""
    parts = [
        "# Audit of the paper",
        "What the paper's own numbers contradict, recomputed from what is published. A printed number stands "
        "for all that round to it.",
        f"{len(findings)} findings: {_counts(findings, 'severity')}.",
    ]
    for severity, rows in _by_severity(findings):
        parts += [f"## {severity.capitalize()}: {SEVERITIES[severity]}", f"{_counts(rows, 'kind')}."]
        cells = [
            [
                row["kind"],
                table_name(row["source_table"]),
                row["place"],
                _column(row),
                row["printed"],
                row["implied"],
                row["explanation"],
            ]
            for row in _records(rows)
        ]
        parts.append(pipe_table([_HEADER, *cells], len(_HEADER)))
    return "\n\n".join(parts) + "\n"


def _by_severity(findings: pd.DataFrame) -> Iterator[tuple[Severity, pd.DataFrame]]:
    for severity in SEVERITIES:
        rows = findings[findings["severity"] == severity]
        if len(rows):
            yield severity, rows


def _counts(findings: pd.DataFrame, column: str) -> str:
    counts = findings[column].value_counts(sort=False)
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "none"


def _column(row: dict[str, str]) -> str:
    return " ".join(filter(None, [row["column"], row["metric"]]))


def _paragraph(row: dict[str, str]) -> str:
    head = f"{row['kind']}: {table_name(row['source_table'])}, {row['place']}, {_column(row)}: "
    text = f"{head}{row['printed']} → {row['implied']}: {row['explanation']}"
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="      ")


def _records(rows: pd.DataFrame) -> list[dict[str, str]]:
    return [{str(name): str(text) for name, text in row.items()} for row in rows.to_dict("records")]
