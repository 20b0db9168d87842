"""The tidy form of a paper's table: one row per cell and model, published beside reproduced."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.definitions import PrintedRow, TableDefinition
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS, printed_numbers
from specar.results.statistics import NOT_REQUESTED
from specar.tables.marks import with_marks
from specar.tables.reproduced import KEY, Reproduced

# Source table, row ("ETTh2 / 0.25"), column ("TimesNet" or "SpecAR-Net / unified") and metric of a cell.
FlaggedKey: TypeAlias = tuple[str, str, str, str]
Value: TypeAlias = dict[str, Any]

CELL = ["task", "dataset", "setting", "metric", "model", "variant"]
_RESULT = ["label", "reproduced", "sd", "seeds", "state", "runs", "failed"]
COLUMNS = [
    *("table", "source_table", *CELL, "top"),
    *("published", "mark", "printed_mark", "mark_differs", "flagged"),
    *_RESULT,
]
_NO_RESULT: Value = dict(zip(_RESULT, ("", np.nan, np.nan, 0, "", (), ()), strict=True))


def paper_cells(
    definition: TableDefinition, reproduced: Reproduced, flagged: Collection[FlaggedKey] = ()
) -> pd.DataFrame:
    """Return every cell of a table.

    Returns
    -------
    DataFrame
        `COLUMNS`: a row per cell and model; SpecAR-Net has one per label where any was asked for.
        ``published`` has the printed digits, empty where nothing is printed. ``mark`` is recomputed and
        ``mark_differs`` compares it (see `with_marks`); ``flagged`` says whether the cell is in
        ``flagged``. ``top`` is that of the reproduced runs. ``reproduced`` and ``sd`` are in the table's
        unit. ``state`` is empty where there is nothing to reproduce: other models, or no run of the kind
        in the plan. ``runs`` (with a result) and ``failed`` are tuples of run ids.
    """
    values = _by_key(reproduced.values)
    labels = {variant: labels_of(definition, variant, values) for _, variant in definition.models}
    records = []
    for cell in records_of(_printed_cells(definition)):
        shown = labels[cell["variant"]] if cell["model"] == OURS else []
        found = [_result(definition, cell, name, values) for name in shown] or [_NO_RESULT]
        cell = {**cell, "table": definition.id, "flagged": flag_key(cell) in flagged}
        records += [{**cell, **result} for result in found]
    return pd.DataFrame(records)[COLUMNS]


def records_of(table: pd.DataFrame) -> list[Value]:
    """Return the rows of a table as mappings by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def flag_key(cell: Mapping[str, Any]) -> FlaggedKey:
    """Return how the audit of the printed numbers names a cell."""
    row, column = (
        " / ".join(cell[name] for name in names if cell[name])
        for names in (("dataset", "setting"), ("model", "variant"))
    )
    return cell["source_table"], row, column, cell["metric"]


def flagged_keys(flagged: pd.DataFrame) -> set[FlaggedKey]:
    """Return the keys of the cells that `specar.paper.audit.flagged_cells` returns."""
    return set(map(flag_key, records_of(flagged)))


def labels_of(
    definition: TableDefinition, variant: str, values: Mapping[tuple[str, ...], Value]
) -> list[str]:
    """Return the labels that have requested runs of a variant for this table, in the plan's order."""
    places = {(row.task, *row.result_key): _top(definition, row) for row in definition.rows}
    variants = _variants(definition, variant)
    found = [
        value["label"]
        for value in values.values()
        if value["variant"] in variants
        and value["state"] != NOT_REQUESTED
        and (place := places.get((value["task"], value["dataset"], value["setting"]))) is not None
        and (value["variant"] or value["top"] == place)
    ]
    return list(dict.fromkeys(found))


def _printed_cells(definition: TableDefinition) -> pd.DataFrame:
    """Every cell with its printed number and mark, in the order of the table."""
    wanted = pd.DataFrame(
        [
            (row.task, row.dataset, row.setting, metric, model, variant)
            for row in definition.rows
            for metric in row.metrics
            for model, variant in definition.models
        ],
        columns=CELL,
    ).assign(
        source_table=definition.source_table, top=[_top(definition, row) for row in _of_cells(definition)]
    )
    numbers = printed_numbers().rename(columns={"value": "published", "mark": "printed_mark"})
    printed = numbers[numbers["source_table"] == definition.source_table]
    cells = wanted.merge(printed[[*CELL, "published", "printed_mark", "number"]], how="left", on=CELL)
    return with_marks(cells.fillna({"published": "", "printed_mark": ""}))


def _of_cells(definition: TableDefinition) -> list[PrintedRow]:
    return [row for row in definition.rows for _ in range(len(row.metrics) * len(definition.models))]


def _top(definition: TableDefinition, row: PrintedRow) -> str:
    return str(definition.top).lower() if TASK_INFO[row.task].top else ""


def _by_key(values: pd.DataFrame) -> dict[tuple[str, ...], Value]:
    """Reproduced values by `KEY`; of a variant there is one, whatever its TOP."""
    found = {}
    for value in records_of(values):
        names: Value = {**value, "top": "" if value["variant"] else value["top"]}
        found[tuple(names[name] for name in KEY)] = names
    return found


def _variants(definition: TableDefinition, variant: str) -> list[str]:
    """Where results of a variant are looked for: the ordinary run is one of them."""
    return [variant, ""] if variant and variant == definition.base_variant else [variant]


def _result(
    definition: TableDefinition, cell: Value, label: str, values: Mapping[tuple[str, ...], Value]
) -> Value:
    row = next(r for r in definition.rows if (r.task, r.dataset, r.setting) == tuple(map(cell.get, CELL[:3])))
    keys = [
        (row.task, *row.result_key, "" if name else cell["top"], name, cell["metric"], label)
        for name in _variants(definition, cell["variant"])
    ]
    value = next((values[key] for key in keys if key in values), None)
    if value is None:
        return {**_NO_RESULT, "label": label, "state": NOT_REQUESTED}
    scale = 1 / METRICS[cell["metric"]].scale if definition.fraction else 1
    return {
        "label": label,
        "reproduced": value["mean"] * scale,
        "sd": value["sd"] * scale,
        **{name: value[name] for name in ("seeds", "state", "runs", "failed")},
    }
