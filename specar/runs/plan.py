"""The plan: a resolved configuration, its runs, and where everything lies. It touches no file."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from specar.base.errors import SpecarError
from specar.config import Cell, RunConfig, cell_id, expand_ablation
from specar.config.tasks import TASK_INFO
from specar.data.entries import DatasetEntry
from specar.data.mirror import is_url, own_files, resolve_mirror
from specar.data.registry import Dataset, find_dataset
from specar.runs.places import Places


@dataclass(frozen=True)
class Plan(Places):
    """Every run of a configuration and the layout of the results folder."""

    runs: dict[str, RunConfig]  # of the matrix, by id; those of ablations are expanded when asked for
    absent: dict[str, list[str]] = field(default_factory=dict)  # files that datasets on request lack
    # Ids of the runs (of ablations as well) and cells whose records come with the project.
    cached_runs: frozenset[str] = frozenset()
    cached_cells: frozenset[str] = frozenset()

    @cached_property
    def file(self) -> Path:
        """Where the workflow writes it for its jobs: one per configuration, so that none takes another's."""
        key = hashlib.sha256(self.config.model_dump_json().encode()).hexdigest()
        return self.results / "plans" / f"{key[:16]}.json"

    def run(self, name: str) -> RunConfig:
        """Look up a run by its id, in the matrix and then in the ablations."""
        run = self.runs.get(name) or self.runs_of_ablations.get(name)
        if run is None:
            raise SpecarError(f"no run {name!r:.200} in this configuration; 'specar runs' lists them")
        return run

    @cached_property
    def runs_of_ablations(self) -> dict[str, RunConfig]:
        """Runs of all ablations, by run id; one whose settings contradict each other has none."""
        runs: dict[str, RunConfig] = {}
        for ablation in self.config.ablations:
            with suppress(SpecarError):
                runs |= self.ablation_runs(ablation)
        return runs

    def levels_of(self, ablation: str) -> dict[str, dict[str, RunConfig]]:
        """Runs of an ablation, by level and run id.

        `SpecarError`: there is no such ablation, or its settings contradict each other.
        """
        if ablation not in self.config.ablations:
            known = ", ".join(self.config.ablations)
            raise SpecarError(f"no ablation {ablation!r:.80} in this configuration; known: {known}")
        if ablation not in self._levels:
            self._levels[ablation] = expand_ablation(self.config, ablation, self.absent)
        return self._levels[ablation]

    def has_ablation(self, ablation: str) -> bool:
        """Whether there is an ablation, and its settings do not contradict each other."""
        with suppress(SpecarError):
            return bool(self.levels_of(ablation))
        return False

    def ablation_runs(self, ablation: str) -> dict[str, RunConfig]:
        """Runs of all levels of an ablation, by run id; raises as `levels_of`."""
        return {name: run for runs in self.levels_of(ablation).values() for name, run in runs.items()}

    @cached_property
    def read(self) -> dict[str, tuple[Any, dict[str, Any] | None, str]]:
        """Records that were read: what tells that the file is still the same, the record, and its damage."""
        return {}

    @cached_property
    def _levels(self) -> dict[str, dict[str, dict[str, RunConfig]]]:
        return {}

    def dataset(self, name: str) -> Dataset:
        return find_dataset(name, self.config.datasets)

    @property
    def datasets(self) -> list[str]:
        return list(dict.fromkeys(run.dataset for run in self.runs.values()))

    @property
    def tasks(self) -> list[str]:
        return list(dict.fromkeys(run.task for run in self.runs.values()))

    @property
    def trained_tasks(self) -> list[str]:
        """Tasks of the runs and of all ablations."""
        entries = [entry for ablation in self.config.ablations.values() for entry in ablation.entries]
        return list(dict.fromkeys([*self.tasks, *(entry.task for entry in entries)]))

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Test examples of the runs, by cell id: each has its naive floors."""
        cells = (run.cell for run in self.runs.values())
        return {cell_id(cell): cell for cell in cells}

    def cell(self, name: str) -> Cell:
        if name not in self.cells:
            raise SpecarError(f"no cell {name!r:.200} in this configuration; 'specar runs' lists the runs")
        return self.cells[name]

    def cells_of(self, task: str) -> list[str]:
        return [name for name, cell in self.cells.items() if cell.task == task]

    @property
    def remarks(self) -> dict[str, str]:
        """What a reader of the results has to know of a dataset, by dataset."""
        tasks = dict.fromkeys(entry.task for entry in self.config.matrix)
        return {name: text for task in tasks for name, text in self.remarks_of(task).items()}

    def remarks_of(self, task: str) -> dict[str, str]:
        """What a reader of a task's tables has to know of a dataset, by dataset.

        That is why a dataset is left out which the matrix does not name, but would take if it were in
        place, and why results do not compare with published ones.
        """
        used = {run.dataset for run in self.runs.values() if run.task == task}
        left_out = self._left_out(task)
        remarks = {}
        for name, dataset in self.config.datasets.items():
            if name in left_out:
                remarks[name] = self._why_left_out(name)
            elif name in used and dataset.caution:
                remarks[name] = dataset.caution
        return remarks

    def _left_out(self, task: str) -> set[str]:
        """Datasets that are not in place, of a task that the matrix wants on all datasets there are."""
        if not any(entry.task == task and not entry.datasets for entry in self.config.matrix):
            return set()
        return {name for name in self.absent if self.dataset(name).kind == TASK_INFO[task].kind}

    def _why_left_out(self, name: str) -> str:
        dataset, files = self.dataset(name), self.absent[name]
        assert isinstance(dataset, DatasetEntry)  # a joined one is never left out
        places = [self.raw / name]
        if self.mirror and not is_url(self.mirror):
            places.append(Path(self.mirror) / dataset.folder)
        # The way to get them comes last: it may end in a URL.
        return (
            f"left out: {_listed(files)} not in place (to be put into "
            f"{' or '.join(place.as_posix() for place in places)}); {dataset.restricted}"
        )

    def runs_of(self, task: str) -> list[str]:
        return [name for name, run in self.runs.items() if run.task == task]

    @cached_property
    def digest(self) -> str:
        """Hash of everything that the plan says."""
        text = self.config.model_dump_json() + "".join(self.runs) + str(self.absent)
        text += str((sorted(self.cached_runs), sorted(self.cached_cells)))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def mirror(self) -> str | None:
        """Mirror of the datasets, of the configuration or the environment."""
        return resolve_mirror(self.config.data.mirror)

    def own_files(self, dataset: str) -> list[Path]:
        """A user's own files of a dataset, in a local mirror: they may change."""
        return own_files(self.dataset(dataset), self.mirror)

    def record_file(self, run: str) -> Path:
        """Record of a run, wherever it is taken from; so are examples, which may be missing, and floors."""
        return self.cached_record_file(run) if run in self.cached_runs else self.own_record_file(run)

    def examples_file(self, run: str) -> Path:
        cached = run in self.cached_runs
        return self.cached_examples_file(run) if cached else self.own_examples_file(run)

    def floor_file(self, cell: str, baseline: str) -> Path:
        own = cell not in self.cached_cells
        return self.own_floor_file(cell, baseline) if own else self.cached_floor_file(cell, baseline)

    def own_floor_files(self, cell: str) -> list[Path]:
        """Records of all baselines of a cell that are computed here."""
        return [self.own_floor_file(cell, name) for name in TASK_INFO[self.cell(cell).task].baselines]

    def record_files(self, task: str) -> list[Path]:
        return [self.record_file(run) for run in self.runs_of(task)]

    def ablation_files(self, ablation: str) -> list[Path]:
        """Records of all runs of an ablation; raises as `levels_of`."""
        return [self.record_file(run) for run in self.ablation_runs(ablation)]

    def floor_files(self, task: str) -> list[Path]:
        baselines = TASK_INFO[task].baselines
        return [self.floor_file(cell, name) for cell in self.cells_of(task) for name in baselines]

    @property
    def trains(self) -> bool:
        """Whether runs without a record are trained."""
        return self.config.use_cache != "only"


def _listed(names: list[str], most: int = 4) -> str:
    """Return names as text, the first ones of many."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
