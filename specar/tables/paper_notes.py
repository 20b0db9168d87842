"""What stands above and below a table of the paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.definitions import TableDefinition
from specar.paper.numbers import OURS
from specar.paper.sources import source_of
from specar.results.ablations import VARIANTS
from specar.results.ledger import Ledger
from specar.runs.plan import Plan
from specar.tables.paper_cells import PROTOCOL
from specar.tables.table import DIFFERS, FLAGGED, PARTIAL, WORDS, Cell
from specar.tables.task_notes import changed_settings, seeds_in_words

# Why printed numbers of a model have no runs beside them, by its name in the tables.
_NO_CODE, _NO_SETTINGS = (
    "no maintained code to check one's own against",
    "the paper does not say of which size",
)
_PRINTED_ALONE = {
    **dict.fromkeys(("LSSL", "LogTrans", "LSTNet", "Flowformer"), _NO_CODE),
    **dict.fromkeys(("LSTM", "TCN"), _NO_SETTINGS),
    "TimesNet (ResNeXt)": "its variant with ResNeXt blocks is not built here",
    "Reformer": "its hashing attention is not built here",
    "Anomaly Transformer": "its loss over two attentions is not built here",
}


def notes_of(definition: TableDefinition, cells: pd.DataFrame, ledger: Ledger | None) -> list[str]:
    """Return the sentences that say what the numbers are."""
    plan = ledger.plan if ledger is not None else None
    remarks = [
        f"{name.removeprefix(source_of(task).prefix)}: {' '.join(text.split()).rstrip('.')}."
        for task in (definition.tasks if plan else ())
        if plan and task in plan.tasks
        for name, text in plan.remarks_of(task).items()
    ]
    return [
        *([plan.config.note] if plan and plan.config.note else []),
        definition.caption,
        f"Published: as printed in {_place(definition)}, misprints included; single runs without a standard "
        "deviation.",
        *_own(definition, cells, plan),
        *_printed_alone(definition),
        *remarks,
    ]


def _place(definition: TableDefinition) -> str:
    kind, number = definition.id.split("-")
    return f"{'appendix ' if kind == 'appendix' else ''}Table {number}{' of the paper' * (kind == 'main')}"


def _own(definition: TableDefinition, cells: pd.DataFrame, plan: Plan | None) -> Iterator[str]:
    shown = cells[cells["label"] != ""]
    ours, others = shown[shown["model"] == OURS], shown[shown["model"] != OURS]
    if plan is None or shown.empty:
        yield f"Our runs: no run of this table under the protocol {PROTOCOL} is in the configuration."
        return
    if len(ours):
        top = f" {_top(definition)}" if _top(definition) else ""
        yield (
            f"Our runs: those of {OURS}{top} under the protocol {PROTOCOL}, {seeds_in_words(ours)} "
            f"({'; '.join(_titled(plan, name) for name in ours['label'].unique())})."
        )
        if base := definition.base_variant:
            yield f"Our {base} is the ordinary run, unless an ablation has its own."
        variants = [variant for model, variant in definition.models if model == OURS and variant]
        if absent := [variant for variant in variants if variant not in set(ours["variant"])]:
            yield f"No run of {', '.join(absent)} is in the configuration."
    for (name, label), rows in others.groupby(["model", "label"], sort=False):
        nothing = ", of which the paper prints nothing here"
        beside = f" beside {name}" if (name, "") in definition.models else nothing
        yield f"Our runs{beside}: those of {_titled(plan, str(label))}, {seeds_in_words(rows)}."
    yield from dict.fromkeys(_changed(definition, plan))


def _printed_alone(definition: TableDefinition) -> Iterator[str]:
    why: dict[str, list[str]] = {}
    for model in dict.fromkeys(model for model, _ in definition.models):
        if model in _PRINTED_ALONE:
            why.setdefault(_PRINTED_ALONE[model], []).append(model)
    groups = [f"{', '.join(names)} ({text})" for text, names in why.items()]
    if groups:
        yield f"As printed alone: {'; '.join(groups)}."


def _titled(plan: Plan, label: str) -> str:
    title = plan.config.models[label].title
    return f"{label}: {title}" if title else label


def _changed(definition: TableDefinition, plan: Plan) -> Iterator[str]:
    """Settings in place of the authors', of the runs of the matrix and of the ablations."""
    found = [plan.config.matrix]
    if definition.base_variant:
        found.append([entry for name in VARIANTS for entry in plan.config.ablations[name].entries])
    for entries in found:
        for task in definition.tasks:
            yield from changed_settings(plan.config, [entry for entry in entries if entry.task == task])


def _top(definition: TableDefinition) -> str:
    have = [TASK_INFO[task].top for task in definition.tasks]
    if not any(have):
        return ""
    return ("with TOP" if definition.top else "without TOP") + ("" if all(have) else " where the task has it")


def legend_of(definition: TableDefinition, cells: Sequence[Cell]) -> list[str]:
    """Return the sentences that explain signs and cells without a number; only of those that occur."""
    kinds = {cell.kind for cell in cells}
    words = [words for kind, words in WORDS.items() if kind in kinds]
    missing = [f"{sign} {text}" if sign not in ("", "failed") else text for sign, text in words]
    misprints = f"the audit of the printed numbers lists this number ({_cells(cells, 'flagged')})."
    return [
        *([f"Cells without a number: {'; '.join(missing)}."] if missing else []),
        *([f"{PARTIAL}: some of the seeds are not done yet or failed."] if _cells(cells, "partial") else []),
        _colours(definition, cells),
        *([f"{FLAGGED}: {misprints}"] if _cells(cells, "flagged") else []),
    ]


def _cells(cells: Sequence[Cell], name: str) -> str:
    """How many cells are so; empty for none."""
    count = sum(bool(getattr(cell, name)) for cell in cells)
    return f"{count} cell{'s' * (count > 1)}" if count else ""


def _colours(definition: TableDefinition, cells: Sequence[Cell]) -> str:
    if definition.id.startswith("main"):
        return "The paper's own colours of this table are not known here."
    if not (count := _cells(cells, "differs")):
        return "Where the paper colours best and second best cells, the colours follow its numbers."
    return (
        f"{DIFFERS}: the paper colours the cell otherwise than its numbers would have it ({count}); the "
        "audit of the printed numbers lists them."
    )
