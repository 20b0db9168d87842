"""What a figure is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Results:
    """Results of a task.

    Attributes
    ----------
    task
        The task.
    table
        Its tidy table, as `specar.results.compare.compare` returns it.
    note
        A caution printed with every figure.
    remarks
        Sentences on datasets of the task, by dataset.
    """

    task: str
    table: pd.DataFrame
    note: str | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)
