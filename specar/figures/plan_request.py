"""What a figure over the whole plan is drawn from, and what drawing it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from specar.results.ledger import TaskResults, results_of
from specar.runs.plan import Plan
from specar.runs.records import finished_record


class PaperFigure(NamedTuple):
    """A figure, with what is said of it to whoever cannot see it.

    Attributes
    ----------
    figure
        The figure.
    title
        Its title.
    alt
        What it shows and what is missing in it, in one sentence or two.
    """

    figure: Figure
    title: str
    alt: str


@dataclass(frozen=True)
class PaperResults:
    """Results of a plan, read when they are asked for.

    Attributes
    ----------
    plan
        The plan; its folders have what records do not, such as the histories of runs.
    """

    plan: Plan
    _of_task: dict[str, TaskResults] = field(default_factory=dict)

    def of(self, task: str) -> TaskResults:
        """Return the results of a task; empty tables where the plan has no runs of it."""
        if task not in self._of_task:
            self._of_task[task] = results_of(self.plan, task)
        return self._of_task[task]

    def record(self, run: str) -> dict[str, Any] | None:
        """Return the record of a run of the plan; None where it is not done."""
        return finished_record(self.plan, run)

    @property
    def notes(self) -> list[str]:
        """Return the caution of the configuration, if any: it stands in every figure."""
        return [" ".join(self.plan.config.note.split())] if self.plan.config.note else []
