"""Builds a paper's table from its definition and the reproduced values."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from specar.paper.definitions import TableDefinition
from specar.results.run_states import listed_failures
from specar.tables.cells import FlaggedKey, paper_cells
from specar.tables.content import content_of
from specar.tables.forms import body_of
from specar.tables.notes import legend_of, notes_of
from specar.tables.reproduced import Reproduced
from specar.tables.table import PaperTable


def paper_table(
    definition: TableDefinition, reproduced: Reproduced | None = None, flagged: Collection[FlaggedKey] = ()
) -> PaperTable:
    """Return a table of the paper: the published numbers of all models, and beside them the reproduced ones.

    Parameters
    ----------
    definition
        The table.
    reproduced
        What was reproduced; by default nothing.
    flagged
        Cells whose printed number the audit lists: source table, row, column and metric (see
        `specar.tables.cells.flag_key`).
    """
    return table_of_cells(
        definition, paper_cells(definition, reproduced or Reproduced(), flagged), reproduced
    )


def table_of_cells(
    definition: TableDefinition, cells: pd.DataFrame, reproduced: Reproduced | None = None
) -> PaperTable:
    """Return the table of the tidy cells that `paper_cells` returns."""
    reproduced = reproduced or Reproduced()
    body = body_of(content_of(definition, cells))
    failed = dict.fromkeys(name for ids in cells["failed"] for name in ids)
    shown = [cell for block in body.blocks for line in block for cell in line.cells]
    return PaperTable(
        id=definition.id,
        title=f"{definition.id.capitalize().replace('-', ' Table ')}: {definition.title}",
        names=body.names,
        columns=body.columns,
        blocks=body.blocks,
        notes=tuple(notes_of(definition, cells, reproduced)),
        legend=tuple(legend_of(definition, shown)),
        failures=listed_failures({name: reproduced.reasons.get(name, "not known") for name in failed}),
    )
