"""What stands above and below a table of the paper."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from specar.config.tasks import TASK_INFO
from specar.paper.definitions import TableDefinition
from specar.paper.numbers import OURS
from specar.paper.sources import source_of
from specar.tables.caption import seeds_in_words
from specar.tables.reproduced import PROTOCOL, Reproduced
from specar.tables.table import DIFFERS, FLAGGED, PARTIAL, WORDS, Cell

_LABELS = {"specar": "the paper's equations", "specar-released": "the authors' released code"}


def notes_of(definition: TableDefinition, cells: pd.DataFrame, reproduced: Reproduced) -> list[str]:
    """Return the sentences that say what the numbers are."""
    return [
        *([" ".join(reproduced.note.split())] if reproduced.note else []),
        definition.caption,
        f"Published: as printed in {_place(definition)}, misprints included; single runs without a standard "
        "deviation.",
        *_reproduced(definition, cells, reproduced),
        *_remarks(definition, reproduced),
    ]


def _place(definition: TableDefinition) -> str:
    kind, number = definition.id.split("-")
    return f"{'appendix ' if kind == 'appendix' else ''}Table {number}{' of the paper' * (kind == 'main')}"


def _reproduced(definition: TableDefinition, cells: pd.DataFrame, reproduced: Reproduced) -> list[str]:
    ours = cells[cells["label"] != ""]
    if ours.empty:
        return [f"Reproduced: no run of this table under the protocol {PROTOCOL} is in the configuration."]
    names = [f"{name}: {_LABELS.get(name, name)}" for name in ours["label"].unique()]
    top = f" {_top(definition)}" if _top(definition) else ""
    changed = [reproduced.changed, *([reproduced.changed_variants] if definition.base_variant else [])]
    sentences = (text for one in changed for task in definition.tasks for text in one.get(task, []))
    return [
        f"Reproduced: our runs of {OURS}{top} under the protocol {PROTOCOL}, {seeds_in_words(ours)} "
        f"({'; '.join(names)}).",
        *_variants(definition, set(ours["variant"])),
        *dict.fromkeys(sentences),
    ]


def _top(definition: TableDefinition) -> str:
    have = [TASK_INFO[task].top for task in definition.tasks]
    if not any(have):
        return ""
    return ("with TOP" if definition.top else "without TOP") + ("" if all(have) else " where the task has it")


def _variants(definition: TableDefinition, reproduced: set[str]) -> list[str]:
    variants = [variant for model, variant in definition.models if model == OURS and variant]
    absent = [variant for variant in variants if variant not in reproduced]
    base = definition.base_variant
    return [
        *([f"Reproduced {base} is the ordinary run, unless an ablation has its own."] if base else []),
        *([f"No run of {', '.join(absent)} is in the configuration."] if absent else []),
    ]


def _remarks(definition: TableDefinition, reproduced: Reproduced) -> list[str]:
    return [
        f"{name.removeprefix(source_of(task).prefix)}: {' '.join(text.split()).rstrip('.')}."
        for task in definition.tasks
        for name, text in reproduced.remarks.get(task, {}).items()
    ]


def legend_of(definition: TableDefinition, cells: Sequence[Cell]) -> list[str]:
    """Return the sentences that explain signs and cells without a number; only of those that occur."""
    kinds = {cell.kind for cell in cells}
    missing = [f"{sign} {text}" if sign not in ("", "failed") else text for sign, text in _words(kinds)]
    partial = [f"{PARTIAL}: some of the seeds are not done yet or failed."] if _any(cells, "partial") else []
    return [
        *([f"Cells without a number: {'; '.join(missing)}."] if missing else []),
        *partial,
        *_colours(definition, cells),
        *_misprints(cells),
    ]


def _words(kinds: set[str]) -> list[tuple[str, str]]:
    return [words for kind, words in WORDS.items() if kind in kinds]


def _any(cells: Sequence[Cell], name: str) -> int:
    return sum(bool(getattr(cell, name)) for cell in cells)


def _colours(definition: TableDefinition, cells: Sequence[Cell]) -> list[str]:
    if definition.id.startswith("main"):
        return ["The paper's own colours of this table are not known here."]
    count = _any(cells, "differs")
    if not count:
        return ["Where the paper colours best and second best cells, the colours follow its numbers."]
    return [
        f"{DIFFERS}: the paper colours the cell otherwise than its numbers would have it ({count} "
        f"cell{'s' * (count > 1)}); the audit of the printed numbers lists them."
    ]


def _misprints(cells: Sequence[Cell]) -> list[str]:
    count = _any(cells, "flagged")
    if not count:
        return []
    return [
        f"{FLAGGED}: the audit of the printed numbers lists this number ({count} cell{'s' * (count > 1)})."
    ]
