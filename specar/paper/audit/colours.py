"""Colours of the best results against the values, counts of first places, and years of the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from specar.paper.audit.finding import Finding, about, table_name
from specar.paper.audit.groups import Row, rows
from specar.paper.audit.printed import Cell, Paper, grouped
from specar.paper.audit.repairs import misprints

_BACKBONES = ("MCN", "DCN", "Embed")


def colours(paper: Paper) -> Iterator[Finding]:
    """Yield rows where a colour is not where the values want it."""
    for row in rows(paper).values():
        for mark in row.marks if row.coloured else ():
            due, marked = row.ranked(mark), row.marked(mark)
            if due != marked:
                yield _finding(paper, row, mark, due, marked)


def _finding(paper: Paper, row: Row, mark: str, due: list[Cell], marked: list[Cell]) -> Finding:
    first, why = row.cells[0], _why(paper, row, mark, due, marked)
    implied = f"{_names(due)} ({due[0].text if due else 'none'})"
    key = {**first.key, "model": "", "variant": ""}
    return about(first, "mark", implied, why, column=mark, printed=_names(marked), key=key)


def _why(paper: Paper, row: Row, mark: str, due: list[Cell], marked: list[Cell]) -> str:
    for repair in misprints(paper):
        if repair.cell in row.cells and row.ranked(mark, repair.cell, repair.number) == marked:
            return (
                f"follows from {repair.cell.text} printed for {repair.correction.text} "
                f"({repair.cell.column}); the colour is right for the intended value"
            )
    if marked and set(marked) < set(due):
        return f"a tied cell is not coloured: {_names([cell for cell in due if cell not in marked])}"
    if not marked:
        return f"no cell is coloured {mark}, {_names(due)} should be"
    wrong = [cell for cell in marked if cell not in due]
    return f"coloured {mark} is {_listed(wrong)}, {mark} is {_listed(due)}"


def _names(cells: list[Cell]) -> str:
    return " + ".join(sorted(_name(cell) for cell in cells)) or "none"


def _listed(cells: list[Cell]) -> str:
    return " + ".join(sorted(f"{_name(cell)} with {cell.text}" for cell in cells)) or "none"


def _name(cell: Cell) -> str:
    """Its model, and the variant where there is one; backbones are all of one model."""
    return cell.variant if cell.variant in _BACKBONES else " ".join(filter(None, [cell.model, cell.variant]))


def first_counts(paper: Paper) -> Iterator[Finding]:
    """Yield counts that are not the number of cells coloured as first, average rows aside."""
    for source, group in paper.first_counts.groupby("source_table", sort=False):
        printed = {str(row.column): int(str(row.printed_count)) for row in group.itertuples()}
        coloured, best = _counted(paper, str(source))
        for column in dict.fromkeys([*printed, *coloured]):
            if printed.get(column, 0) != coloured[column]:
                yield _miscounted(str(source), column, printed, coloured, best)


def _counted(paper: Paper, source: str) -> tuple[Counter[str], Counter[str]]:
    """First places by colour and by value, ties counted for each."""
    cells = [cell for cell in paper.table(source) if not cell.is_average]
    # Tables of one model have a column per variant.
    by_variant = len({cell.model for cell in cells}) == 1
    columns = grouped(cells, lambda cell: cell.variant if by_variant else cell.model)
    own = [row for row in rows(paper).values() if row.cells[0].source_table == source]
    best = {cell for row in own for cell in row.ranked("first")}
    coloured = {name: sum(cell.mark == "first" for cell in column) for name, column in columns.items()}
    firsts = {name: sum(cell in best for cell in column) for name, column in columns.items()}
    return Counter(coloured), Counter(firsts)


def _miscounted(
    source: str, column: str, printed: dict[str, int], coloured: Counter[str], best: Counter[str]
) -> Finding:
    stated = printed.get(column, 0)
    owners = [
        name for name in coloured if name != column and stated in (coloured[name], best[name]) and stated
    ]
    shifted = [name for name in owners if printed.get(name, 0) not in (coloured[name], best[name])]
    hint = f"; {stated} is the count of {' or '.join(shifted)}" if shifted else ""
    why = (
        f"{table_name(source)} counts {stated} first places of {column}: {coloured[column]} cells are "
        f"coloured so, and {best[column]} are best by their values{hint}"
    )
    implied = str(coloured[column])
    return Finding("first_count", source, "Count 1st", column, "", str(stated), implied, why)


def years(paper: Paper) -> Iterator[Finding]:
    """Yield models with another year in the tables than in the bibliography, or without an entry there."""
    for row in paper.models.astype(str).itertuples():
        table, citation = str(row.year_in_tables), str(row.citation_key)
        if not table:
            continue
        if not citation:
            implied, why = "no reference", "has no entry in the bibliography"
        elif table[:4] != row.year_in_bibliography or (table[4:] and not citation.endswith(table)):
            implied = citation.rpartition(", ")[2]
            why = f"is {table} in the tables and {implied} in the bibliography"
        else:
            continue
        model = str(row.model)
        yield Finding("label", "all tables", "header", model, "", table, implied, f"{model} {why}")
