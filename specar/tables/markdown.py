"""Markdown tables whose source is aligned too, so that it can be read as it is."""

from __future__ import annotations

from specar.tables.header import flat_header
from specar.tables.layout import Layout, Line


def result_rows(blocks: list[list[Line]], layout: Layout, top: bool) -> list[list[str]]:
    """Return the header and the cells without or with TOP.

    Lines with neither a published nor a requested result are left out.
    """
    rows = [flat_header(layout)]
    for block in blocks:
        shown = [line for line in block if any(line.results[top])]
        for line in shown:
            dataset = f"**{line.dataset}**" if line is shown[0] else ""
            rows.append([dataset, *line.names, *line.results[top], *line.floors])
    return rows


def pipe_table(rows: list[list[str]], names: int) -> str:
    """Return ``rows``, the first of which is the header; ``names`` columns are flushed left."""
    rows = [[text.replace("|", r"\|") for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [
        [text.ljust(width) if i < names else text.rjust(width) for i, (text, width) in enumerate(cells)]
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    ]
    rule = ["-" * width if i < names else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [padded[0], rule, *padded[1:]])
