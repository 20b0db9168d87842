"""The tidy form of a paper's table: one row per cell and model, published beside our runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.definitions import PrintedRow, TableDefinition
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS, cells_of, model_of
from specar.results.ablations import VARIANTS, variant_cells
from specar.results.ledger import Ledger
from specar.results.rows import NOT_REQUESTED
from specar.tables.table import FIRST, SECOND
from specar.tables.task import records_of

# Source table, row ("ETTh2 / 0.25"), column ("TimesNet" or "SpecAR-Net / unified") and metric of a cell.
FlaggedKey: TypeAlias = tuple[str, str, str, str]
Value: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str, str, str, str, str, bool]

PROTOCOL = "published"
CELL = ["task", "dataset", "setting", "metric", "model", "variant"]
_RESULT = ["label", "ours", "sd", "seeds", "state", "runs", "failed"]
COLUMNS = [
    *("table", "source_table", *CELL, "top"),
    *("published", "mark", "printed_mark", "mark_differs", "flagged"),
    *_RESULT,
]
_NO_RESULT: Value = dict(zip(_RESULT, ("", np.nan, np.nan, 0, "", (), ()), strict=True))


class Own(NamedTuple):
    """A model of ours in a table: the name and variant that it stands under, its label and its TOP."""

    model: str
    variant: str
    label: str
    top: bool


def paper_cells(
    definition: TableDefinition, ledger: Ledger | None = None, flagged: Collection[FlaggedKey] = ()
) -> pd.DataFrame:
    """Return every cell of a table, with our runs of it under the protocol ``published``.

    ``flagged`` are the cells whose printed number the audit lists (see `flag_key`). The result has `COLUMNS`:
    a row per cell and model; a model of which runs were asked for has one per label, and a model of one's own
    comes last under its label. ``published`` has the printed digits, empty where nothing is printed. ``mark``
    is recomputed and ``mark_differs`` compares it (see `with_marks`). ``top`` is that of our runs,
    which are in the table's unit. ``state`` is empty where no run is asked for. ``runs`` (with a result)
    and ``failed`` are tuples of run ids.
    """
    values = _values(definition, ledger) if ledger is not None else {}
    models = list(_own_models(definition, ledger, values)) if ledger is not None else []
    rows = []
    for cell in records_of(_printed_cells(definition)):
        cell |= {"table": definition.id, "flagged": flag_key(cell) in flagged}
        shown = [own for own in models if own[:2] == (cell["model"], cell["variant"])]
        found = [_result(definition, cell, own, values) for own in shown] or [_NO_RESULT]
        rows += [{**cell, **result} for result in found]
    further = [own for own in models if own[:2] not in definition.models]
    rows += [row for own in further for row in _rows(definition, own, values)]
    return pd.DataFrame(rows)[COLUMNS]


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


def _values(definition: TableDefinition, ledger: Ledger) -> dict[Key, Value]:
    """Our runs, by task, dataset, setting, metric, label, variant and TOP."""
    cells = ledger.cells[ledger.cells["protocol"] == PROTOCOL]
    cells = cells[cells["task"].isin(definition.tasks)].assign(variant="")
    tables = [cells.rename(columns={"model": "label"})]
    if definition.base_variant:
        known = [ledger.ablation(name) for name in VARIANTS if ledger.plan.has_ablation(name)]
        variants = variant_cells(known).assign(top=False)
        tables.append(variants.rename(columns={"model": "label", "level": "variant"}))
    found = {}
    for value in (value for table in tables for value in records_of(table)):
        names = [value[name] for name in ("task", "dataset", "setting", "metric", "label", "variant")]
        found[*names, bool(value["top"])] = value
    return found


def _own_models(definition: TableDefinition, ledger: Ledger, values: Mapping[Key, Value]) -> Iterator[Own]:
    """The models that have requested runs of this table: beside what is printed of them, or by themselves.

    TOP is SpecAR-Net's: the paper prints all others without it, in the tables with TOP as well.
    """
    labels = list(dict.fromkeys(key[4] for key in values))
    published_as = {label: ledger.plan.config.models[label].published_as for label in labels}
    rows, printed = definition.rows, {model_of(model) for model, _ in definition.models}
    for model, variant in definition.models:
        for label in labels:
            own = Own(model, variant, label, definition.top and model == OURS)
            if published_as[label] == model_of(model) and _is_asked(definition, own, rows, values):
                yield own
    for label in (label for label in labels if published_as[label] != OURS):
        for top in dict.fromkeys((False, definition.top)):
            name = f"{label} (own)" if label in printed else label
            words = f"{name}, {'with' if top else 'without'} TOP" if definition.top else name
            own = Own(words, "", label, top)
            of_top = [row for row in rows if TASK_INFO[row.task].top or not top]
            is_beside = published_as[label] in printed and not top
            if not is_beside and _is_asked(definition, own, of_top, values):
                yield own


def _is_asked(
    definition: TableDefinition, own: Own, rows: Iterable[PrintedRow], values: Mapping[Key, Value]
) -> bool:
    keys = (key for row in rows for metric in row.metrics for key in _keys(definition, row, metric, own))
    return any(values[key]["state"] != NOT_REQUESTED for key in keys if key in values)


def _keys(definition: TableDefinition, row: PrintedRow, metric: str, own: Own) -> list[Key]:
    """Where a result is looked for: the ordinary run is one of the variants."""
    names = (row.task, row.dataset, row.setting, metric, own.label)
    is_base = own.variant in ("", definition.base_variant)
    ordinary = [(*names, "", own.top and TASK_INFO[row.task].top)] if is_base else []
    return [*([(*names, own.variant, False)] if own.variant else []), *ordinary]


def _printed_cells(definition: TableDefinition) -> pd.DataFrame:
    """Every cell with its printed number and mark, in the order of the table."""
    wanted = pd.DataFrame(
        [
            (row.task, row.dataset, row.setting, metric, model, variant, _top_text(row, definition.top))
            for row in definition.rows
            for metric in row.metrics
            for model, variant in definition.models
        ],
        columns=[*CELL, "top"],
    ).assign(source_table=definition.source_table)
    numbers = cells_of(definition.source_table)
    printed = numbers.rename(columns={"value": "published", "mark": "printed_mark"})
    cells = wanted.merge(printed[[*CELL, "published", "printed_mark", "number"]], how="left", on=CELL)
    return with_marks(cells.fillna({"published": "", "printed_mark": ""}))


def _rows(definition: TableDefinition, own: Own, values: Mapping[Key, Value]) -> Iterator[Value]:
    """The cells of a model of which this table prints nothing."""
    for row in definition.rows:
        for metric in row.metrics:
            names = (row.task, row.dataset, row.setting, metric, own.model, "")
            cell: Value = dict(zip(CELL, names, strict=True))
            cell |= {"table": definition.id, "source_table": definition.source_table, "published": ""}
            cell |= {"mark": "", "printed_mark": "", "mark_differs": False, "flagged": False}
            cell["top"] = _top_text(row, own.top)
            yield {**cell, **_result(definition, cell, own, values)}


def _top_text(row: PrintedRow, top: bool) -> str:
    return str(top).lower() if TASK_INFO[row.task].top else ""


def _result(definition: TableDefinition, cell: Value, own: Own, values: Mapping[Key, Value]) -> Value:
    row = next(r for r in definition.rows if (r.task, r.dataset, r.setting) == tuple(map(cell.get, CELL[:3])))
    keys = _keys(definition, row, cell["metric"], own)
    value = next((values[key] for key in keys if key in values), None)
    top = _top_text(row, own.top)
    if value is None:
        return {**_NO_RESULT, "label": own.label, "state": NOT_REQUESTED, "top": top}
    scale = 1 / METRICS[cell["metric"]].scale if definition.fraction else 1
    return {
        "label": own.label,
        "top": top,
        "ours": value["ours"] * scale,
        "sd": value["sd"] * scale,
        **{name: value[name] for name in ("seeds", "state", "runs", "failed")},
    }


COMPARED = ["task", "dataset", "setting", "metric"]


def with_marks(cells: pd.DataFrame) -> pd.DataFrame:
    """Add ``mark`` and ``mark_differs`` to the printed cells of one table.

    A row per cell has `COMPARED`, ``number`` (NaN: not printed) and ``printed_mark``, the cell's colour.
    ``mark`` is ``first`` for the best number of its row and metric, ``second`` for the next best, empty else;
    equal numbers have equal marks. ``mark_differs`` says whether the paper coloured the cell otherwise, in a
    row where it coloured any.
    """
    higher = cells["metric"].map({name: metric.higher for name, metric in METRICS.items()}).astype(bool)
    goodness = cells["number"].where(higher, -cells["number"])
    groups = [cells[name] for name in COMPARED]
    rank = goodness.groupby(groups, sort=False).rank(method="dense", ascending=False)
    mark = rank.map({1.0: FIRST, 2.0: SECOND}).fillna("")
    used = set(cells["printed_mark"]) - {""}
    comparable = mark.where(mark.isin(used), "")  # appendix Table 1 colours the best only
    coloured = (cells["printed_mark"] != "").groupby(groups).transform("any")
    differs = coloured & (comparable != cells["printed_mark"])
    return cells.assign(mark=mark, mark_differs=differs)
