"""The results of a plan, read from its records: what tables, figures, verdicts and report are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from specar.runs.plan import Plan
from specar.runs.records import COLUMNS, FLOOR_COLUMNS, collected_rows, floor_rows, requested_rows
from specar.runs.status import failures
from specar.results.compare import compare
from specar.results.inputs import runs_of


@dataclass(frozen=True)
class TaskResults:
    """Results of one task.

    Attributes
    ----------
    task
        The task.
    table
        A row per cell, published beside reproduced: see `specar.results.compare.compare`.
    runs
        A row per requested run and metric, with its value in the printed unit where there is one: see
        `specar.results.inputs.runs_of`.
    failed
        Why runs failed that have no record, by run id.
    """

    task: str
    table: pd.DataFrame
    runs: pd.DataFrame
    failed: Mapping[str, str]


def results_of(plan: Plan, task: str) -> TaskResults:
    """Read the records of a task; what is not done is missing in the tables, and no error."""
    collected = pd.DataFrame(list(collected_rows(plan, task)), columns=list(COLUMNS))
    floors = pd.DataFrame(list(floor_rows(plan, task)), columns=list(FLOOR_COLUMNS))
    failed = failures(plan, task)
    inputs = (task, collected, floors, requested_rows(plan, task), failed)
    return TaskResults(task, compare(*inputs), runs_of(*inputs), failed)
