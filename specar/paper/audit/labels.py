"""Names and years: what the tables' headers say against the bibliography."""

from __future__ import annotations

from collections.abc import Iterator

from specar.paper.audit.finding import Finding
from specar.paper.audit.printed import Paper


def years(paper: Paper) -> Iterator[Finding]:
    """Yield models with another year in the tables than in the bibliography, or without an entry there."""
    for row in paper.models.itertuples():
        table, listed, citation = (
            str(text) for text in (row.year_in_tables, row.year_in_bibliography, row.citation_key)
        )
        if not table:
            continue
        if not citation:
            yield _finding(str(row.model), table, "no reference", "has no entry in the bibliography")
        elif table[:4] != listed or (table[4:] and not citation.endswith(table)):
            cited = citation.rpartition(", ")[2]
            yield _finding(
                str(row.model), table, cited, f"is {table} in the tables and {cited} in the bibliography"
            )


def _finding(model: str, printed: str, implied: str, explanation: str) -> Finding:
    return Finding(
        "label", "all tables", "header", model, "", printed, implied, f"{model} {explanation}", "label"
    )
