"""What the paper's own numbers contradict."""

from __future__ import annotations

import pandas as pd

from specar.paper.audit.finding import SEVERITIES, table_name
from specar.paper.metrics import METRICS
from specar.report.context import Context
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.text import slug

HEADER = ["Kind", "Table", "Row", "Column", "Printed", "Implied", "Why"]


def build(context: Context) -> Section:
    """Return the section."""
    findings = context.findings
    groups = [
        (
            slug("audit", severity),
            severity.capitalize(),
            words,
            _rows(findings[findings["severity"] == severity]),
        )
        for severity, words in SEVERITIES.items()
        if bool((findings["severity"] == severity).any())
    ]
    body = render("audit.html.j2", groups=groups, total=len(findings), header=HEADER)
    entries = tuple(Entry(name, f"{title} ({len(rows)})") for name, title, _, rows in groups)
    return Section("audit", "Audit of the paper", body, entries)


def _metrics(text: str) -> str:
    """Call metrics, among whatever else a finding is about, what the tables call them."""
    return " ".join(METRICS[word].label if word in METRICS else word for word in text.split(" "))


def _rows(findings: pd.DataFrame) -> list[list[str]]:
    return [
        [
            str(row["kind"]).replace("_", " "),
            table_name(row["source_table"]),
            row["place"],
            f"{row['column']} {_metrics(row['metric'])}".strip(),
            row["printed"],
            row["implied"],
            row["explanation"],
        ]
        for row in findings.to_dict("records")
    ]
