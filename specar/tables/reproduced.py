"""Reproduced values in the keys of the printed numbers: what stands beside them in the paper's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from specar.config.entries import MatrixEntry
from specar.config.tasks import TASK_INFO
from specar.paper.numbers import OURS
from specar.results.ledger import TaskResults, results_of
from specar.results.variants import PRINTED, variant_values
from specar.runs.plan import Plan
from specar.runs.status import status_of
from specar.tables.changed import changed_settings

PROTOCOL = "published"
KEY = ["task", "dataset", "setting", "top", "variant", "metric", "label"]
COLUMNS = [*KEY, "mean", "sd", "seeds", "state", "runs", "failed"]


def no_values() -> pd.DataFrame:
    """Return the table of reproduced values without any."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})


@dataclass(frozen=True)
class Reproduced:
    """What was reproduced, for all tables of the paper.

    Attributes
    ----------
    values
        `COLUMNS`: names as in `specar.paper.numbers.printed_numbers` (``top`` is ``true``, ``false``, or
        empty for tasks without TOP; ``variant`` is empty for the runs of the matrix), ``mean`` and ``sd``
        in the unit of our tables (accuracy, precision, recall and F1 in percent), number of ``seeds``,
        ``state`` of `specar.results.statistics`, ids of the ``runs`` with a result and of those that
        ``failed``, as tuples. Of the protocol ``published`` only.
    reasons
        Why runs failed, by run id.
    remarks
        What a reader has to know of a dataset, by task and dataset.
    changed, changed_variants
        Settings in place of the authors', by task: of the runs of the matrix, and of the ablations.
    note
        A caution printed with every table.
    """

    values: pd.DataFrame = field(default_factory=no_values)
    reasons: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    changed: Mapping[str, list[str]] = field(default_factory=dict)
    changed_variants: Mapping[str, list[str]] = field(default_factory=dict)
    note: str | None = None


def reproduced_of(plan: Plan, results: Iterable[TaskResults] = ()) -> Reproduced:
    """Read what a plan's records hold of all tables; its runs may be done, failed or missing.

    The variants of appendix Tables 1 to 4 come from the plan's ablations. They have one value, whatever the
    table says of TOP. ``results`` are those of all tasks, where they have been read already.
    """
    results = list(results) or [results_of(plan, task) for task in plan.tasks]
    reasons = {name: reason for found in results for name, reason in found.failed.items()}
    remarks = {task: plan.remarks_of(task) for task in plan.tasks}
    variants = variant_values(plan).assign(top="")[COLUMNS]
    reasons |= {run: status_of(plan, run).reason for runs in variants["failed"] for run in runs}
    values = [*map(reproduced_values, results), variants]
    known = [table for table in values if not table.empty]
    table = pd.concat(known, ignore_index=True) if known else no_values()
    of_ablations = [entry for name in PRINTED for entry in plan.config.ablations[name].entries]
    changed, of_variants = (_changed(plan, entries) for entries in (plan.config.matrix, of_ablations))
    return Reproduced(table, reasons, remarks, changed, of_variants, plan.config.note)


def _changed(plan: Plan, entries: Sequence[MatrixEntry]) -> dict[str, list[str]]:
    return {
        task: list(changed_settings(plan.config, [entry for entry in entries if entry.task == task]))
        for task in TASK_INFO
    }


def reproduced_values(results: TaskResults) -> pd.DataFrame:
    """Return the results of a task in `COLUMNS`, as `Reproduced.values` describes them."""
    task, table = results.task, results.table
    table = table[(table["protocol"] == PROTOCOL) & (table["published_as"] == OURS)]
    if table.empty:
        return no_values()
    has_top = TASK_INFO[task].top
    return table.rename(columns={"reproduced": "mean", "model": "label"}).assign(
        task=task,
        variant="",
        top=[str(top).lower() if has_top else "" for top in table["top"]],
    )[COLUMNS]
