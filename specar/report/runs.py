"""The runs of a plan as the report shows them: what they are, what became of them, and their records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from specar.config import RunConfig
from specar.config.tasks import TASK_INFO
from specar.plan import Plan
from specar.records import read_record
from specar.report.text import slug
from specar.status import RunStatus, status_of
from specar.tables.sources import setting_name


@dataclass(frozen=True)
class Run:
    """A run of the plan: its id, its resolved configuration, its state, and its record if it has one."""

    name: str
    config: RunConfig
    status: RunStatus
    record: dict[str, Any] | None

    @property
    def id(self) -> str:
        """Id of its place in the page."""
        return f"run-{self.name}"

    @property
    def is_there(self) -> bool:
        """Whether there is anything to tell of it."""
        return self.record is not None or self.status.state != "missing"

    @property
    def seconds(self) -> float:
        """Wall time of the run in seconds; 0 without a record."""
        return float(self.record["provenance"]["wall_seconds"]) if self.record else 0.0

    @property
    def device(self) -> str:
        """Device that it ran on; empty without a record."""
        return str(self.record["provenance"]["device"]["name"]) if self.record else ""


@dataclass
class RunGroup:
    """Runs that differ in their seed only, so that one resolved configuration is that of all."""

    id: str
    runs: list[Run] = field(default_factory=list)

    @property
    def config(self) -> RunConfig:
        """Configuration of the first of its runs."""
        return self.runs[0].config

    @property
    def title(self) -> str:
        """What it is, without task and dataset."""
        config = self.config
        setting = setting_name(config.task)
        top = f"{'with' if config.model.top else 'without'} TOP" if TASK_INFO[config.task].top else ""
        parts = [f"{setting} {config.setting}" if setting else "", top]
        return ", ".join([part for part in parts if part] + [config.model.architecture, config.protocol])

    @property
    def shown(self) -> list[Run]:
        """Those of its runs of which there is anything to tell."""
        return [run for run in self.runs if run.is_there]


@dataclass(frozen=True)
class RunIndex:
    """All runs of a plan, and where each stands in the page."""

    plan: Plan

    @cached_property
    def runs(self) -> dict[str, Run]:
        """Every run of the plan, by id."""
        found = {}
        for name, config in self.plan.runs.items():
            status = status_of(self.plan, name)
            has_record = status.state in ("done", "cached")
            record = read_record(self.plan.record_file(name), name) if has_record else None
            found[name] = Run(name, config, status, record)
        return found

    @cached_property
    def groups(self) -> list[RunGroup]:
        """Runs that differ in their seed only, in the order of the plan."""
        groups: dict[str, RunGroup] = {}
        for run in self.runs.values():
            key = run.config.model_copy(update={"seed": 0}).model_dump_json()
            if key not in groups:
                groups[key] = RunGroup(_unique(_id_of(run.config), {group.id for group in groups.values()}))
            groups[key].runs.append(run)
        return list(groups.values())

    @cached_property
    def _ids(self) -> dict[str, str]:
        return {run.name: group.id for group in self.groups for run in group.runs if group.shown}

    def target(self, names: Iterable[str]) -> str | None:
        """Return the link to the records of runs: of one group, of one dataset, or of one task.

        None where no run is known, or nothing is there of them.
        """
        there = [name for name in names if name in self._ids and self.runs[name].is_there]
        if not there:
            return None
        if len(groups := {self._ids[name] for name in there}) == 1:
            return f"#{groups.pop()}"
        places = {(self.runs[name].config.task, self.runs[name].config.dataset) for name in there}
        task, dataset = next(iter(places))
        return f"#{dataset_id(task, dataset)}" if len(places) == 1 else f"#{task_id(task)}"


def task_id(task: str) -> str:
    """Id of the place in the page with the runs of a task."""
    return slug("runs", task)


def dataset_id(task: str, dataset: str) -> str:
    """Id of the place in the page with the runs on a dataset."""
    return slug("runs", task, dataset)


def _id_of(config: RunConfig) -> str:
    top = "top" if config.model.top else "notop"
    names = (config.task, config.dataset, config.setting, config.model.architecture, top, config.protocol)
    return slug("seeds", *names)


def _unique(name: str, taken: set[str]) -> str:
    return next(text for text in (name, *(f"{name}-{i}" for i in range(2, 10000))) if text not in taken)
