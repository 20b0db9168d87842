"""The runs of a plan as the report shows them: what they are, what became of them, and their records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from typing import Any

from specar.config import RunConfig, RunKey
from specar.config.tasks import TASK_INFO
from specar.paper.sources import setting_name
from specar.report.section import slug
from specar.runs.plan import Plan
from specar.runs.records import finished_record
from specar.runs.status import RunStatus, status_of
from specar.runs.store import started_ablations


@dataclass(frozen=True)
class Run:
    """A run: its id, its resolved configuration, its state, and its record if it has one.

    ``arm`` is the ablation and level that it belongs to, empty for a run of the matrix.
    """

    name: str
    config: RunConfig
    status: RunStatus
    record: dict[str, Any] | None
    arm: str = ""

    @property
    def id(self) -> str:
        """Id of its place in the page."""
        return f"run-{self.name}"

    @property
    def is_there(self) -> bool:
        """Whether there is anything to tell of it."""
        return self.record is not None or self.status.state != "missing"

    @property
    def origin(self) -> dict[str, Any]:
        """Provenance of its record; empty without one."""
        return dict(self.record["provenance"]) if self.record else {}

    @property
    def seconds(self) -> float:
        """Wall time of the run in seconds; 0 without a record."""
        return float(self.origin.get("wall_seconds", 0))

    @property
    def device(self) -> str:
        """Device that it ran on; empty without a record."""
        return str(self.origin["device"]["name"]) if self.record else ""


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
        parts += [config.key.model, config.protocol, self.runs[0].arm]
        return ", ".join(part for part in parts if part)

    @property
    def eval_batch_size(self) -> int | None:
        """Examples of an evaluation batch, where outputs depend on them; None elsewhere."""
        records = (run.record for run in self.runs if run.record)
        return next((record["training"].get("eval_batch_size") for record in records), None)

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
        """Every run of the matrix, by id."""
        return {name: self._run(name, config) for name, config in self.plan.runs.items()}

    @cached_property
    def of_ablations(self) -> dict[str, Run]:
        """Runs of ablations that are there and not in the matrix, by id."""
        found: dict[str, Run] = {}
        for ablation in started_ablations(self.plan):
            for level, runs in self.plan.levels_of(ablation).items():
                for name, config in runs.items():
                    if name not in self.plan.runs and name not in found:
                        found[name] = self._run(name, config, f"{ablation}: {level}")
        return {name: run for name, run in found.items() if run.is_there}

    @cached_property
    def every(self) -> dict[str, Run]:
        """All of them, those of ablations last."""
        return self.runs | self.of_ablations

    def _run(self, name: str, config: RunConfig, arm: str = "") -> Run:
        status = status_of(self.plan, name)
        record = finished_record(self.plan, name) if status.is_done or status.damage else None
        return Run(name, config, status, record, arm)

    @cached_property
    def groups(self) -> list[RunGroup]:
        """Runs that differ in their seed only, in the order of the plan; those of ablations come last."""
        groups: dict[tuple[RunKey, str], RunGroup] = {}
        taken: set[str] = set()
        for run in self.every.values():
            key = (run.config.key._replace(seed=0), run.arm)
            if key not in groups:
                groups[key] = RunGroup(
                    _unique(slug("seeds", str(run.config.key).rpartition("-seed")[0]), taken)
                )
                taken.add(groups[key].id)
            groups[key].runs.append(run)
        return list(groups.values())

    @cached_property
    def _ids(self) -> dict[str, str]:
        return {run.name: group.id for group in self.groups for run in group.shown}

    def target(self, names: Iterable[str]) -> str | None:
        """Return the link to the records of runs: of one group, of one dataset, or of one task.

        None where no run is known, or nothing is there of them.
        """
        there = [name for name in names if name in self._ids]
        if not there:
            return None
        if len(groups := {self._ids[name] for name in there}) == 1:
            return f"#{groups.pop()}"
        places = {self.every[name].config.key[:2] for name in there}
        task, dataset = next(iter(places))
        return f"#{dataset_id(task, dataset)}" if len(places) == 1 else f"#{task_id(task)}"


def task_id(task: str) -> str:
    """Id of the place in the page with the runs of a task."""
    return slug("runs", task)


def dataset_id(task: str, dataset: str) -> str:
    """Id of the place in the page with the runs on a dataset."""
    return slug("runs", task, dataset)


def _unique(name: str, taken: set[str]) -> str:
    names = chain([name], (f"{name}-{i}" for i in count(2)))
    return next(text for text in names if text not in taken)
