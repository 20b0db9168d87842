"""Printed counts of first places against the coloured cells and against the values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from specar.paper.audit.finding import Finding, table_name
from specar.paper.audit.printed import Paper, grouped
from specar.paper.audit.ranks import rows


def first_counts(paper: Paper) -> Iterator[Finding]:
    """Yield counts that are not the number of cells coloured as first, average rows aside."""
    for source, group in paper.first_counts.groupby("source_table", sort=False):
        printed = {str(row.column): int(str(row.printed_count)) for row in group.itertuples()}
        coloured, best = _counted(paper, str(source))
        for column in dict.fromkeys([*printed, *coloured]):
            if printed.get(column, 0) != coloured[column]:
                yield _finding(str(source), column, printed, coloured, best)


def _counted(paper: Paper, source: str) -> tuple[Counter[str], Counter[str]]:
    """First places by colour and by value, ties counted for each."""
    cells = [cell for cell in paper.table(source) if not cell.is_average]
    # Tables of one model have a column per variant.
    by_variant = len({cell.model for cell in cells}) == 1
    columns = grouped(cells, lambda cell: cell.variant if by_variant else cell.model)
    best = {
        cell
        for row in rows(paper).values()
        if row.cells[0].source_table == source
        for cell in row.ranked("first")
    }
    coloured = {name: sum(cell.mark == "first" for cell in column) for name, column in columns.items()}
    return Counter(coloured), Counter(
        {name: sum(c in best for c in column) for name, column in columns.items()}
    )


def _finding(
    source: str, column: str, printed: dict[str, int], coloured: Counter[str], best: Counter[str]
) -> Finding:
    stated = printed.get(column, 0)
    owners = [
        name for name in coloured if name != column and stated in (coloured[name], best[name]) and stated
    ]
    shifted = [name for name in owners if printed.get(name, 0) not in (coloured[name], best[name])]
    hint = f"; {stated} is the count of {' or '.join(shifted)}" if shifted else ""
    return Finding(
        "first_count",
        source,
        "Count 1st",
        column,
        "",
        str(stated),
        str(coloured[column]),
        f"{table_name(source)} counts {stated} first places of {column}: {coloured[column]} cells are "
        f"coloured so, and {best[column]} are best by their values{hint}",
        "inconsistent",
    )
