"""What the sections of the report are made from, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from specar.plan import Plan
from specar.report.runs import RunIndex
from specar.results import TaskResults, results_of


@dataclass(frozen=True)
class Context:
    """The plan, its results by task, and its runs."""

    plan: Plan

    @cached_property
    def results(self) -> dict[str, TaskResults]:
        """Results of every task of the plan."""
        return {task: results_of(self.plan, task) for task in self.plan.tasks}

    @cached_property
    def runs(self) -> RunIndex:
        """The runs of the plan and their places in the page."""
        return RunIndex(self.plan)
