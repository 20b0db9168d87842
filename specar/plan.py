"""The plan: a resolved configuration, its runs, and where everything lies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from specar.config import Cell, Config, RunConfig, cell_id, expand, parse_config
from specar.config.load import explain, read_yaml
from specar.data.mirror import in_place, own_files, resolve_mirror
from specar.data.registry import Dataset, find_dataset
from specar.errors import SpecarError
from specar.files import read_json, write_json


@dataclass(frozen=True)
class Plan:
    """Every run of a configuration and the layout of the results folder."""

    config: Config
    runs: dict[str, RunConfig]

    @classmethod
    def of(cls, values: Mapping[str, Any], files: Iterable[str | Path] = ()) -> Plan:
        """Validate and expand configuration values; ``files`` is where they were read from."""
        for path in files:
            read_yaml(Path(path))  # finds mistakes that the values do not show, like a key given twice
        return cls.from_config(parse_config(values, ", ".join(map(str, files)) or "config"))

    @classmethod
    def from_config(cls, config: Config) -> Plan:
        """Expand a configuration; datasets on request only come in where they are in place."""
        mirror = resolve_mirror(config.data.mirror)
        absent = {
            name
            for name, dataset in config.datasets.items()
            if dataset.restricted and not in_place(dataset, Path(config.data.dir) / "raw" / name, mirror)
        }
        return cls(config, expand(config, absent))

    def write(self, path: Path) -> None:
        """Write the plan as JSON, atomically."""
        runs = {name: run.model_dump(mode="json") for name, run in self.runs.items()}
        write_json(path, {"config": self.config.model_dump(mode="json", exclude_none=True), "runs": runs})

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Read a plan.

        Raises
        ------
        SpecarError
            The file is missing, damaged, or was written by another version.
        """
        values = read_json(path)
        try:
            runs = {name: RunConfig.model_validate(run) for name, run in values["runs"].items()}
            return cls(Config.model_validate(values["config"]), runs)
        except (KeyError, TypeError, AttributeError, ValidationError) as error:
            reason = explain(error) if isinstance(error, ValidationError) else f"lacks {error}"
            raise SpecarError(
                f"{path} is not a plan of this version ({reason}); delete it and re-run"
            ) from error

    def run(self, name: str) -> RunConfig:
        """Look up a run by its id."""
        if name not in self.runs:
            raise SpecarError(f"no run {name!r} in this configuration; 'specar runs' lists them")
        return self.runs[name]

    def dataset(self, name: str) -> Dataset:
        """Look up a dataset."""
        return find_dataset(name, self.config.datasets)

    @property
    def datasets(self) -> list[str]:
        """Datasets of the runs, in the order of the configuration."""
        return list(dict.fromkeys(run.dataset for run in self.runs.values()))

    @property
    def tasks(self) -> list[str]:
        """Tasks of the runs, in the order of the configuration."""
        return list(dict.fromkeys(run.task for run in self.runs.values()))

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Test examples of the runs, by cell id: each has its naive floors."""
        cells = (run.cell for run in self.runs.values())
        return {cell_id(cell): cell for cell in cells}

    def cell(self, name: str) -> Cell:
        """Look up a cell by its id."""
        if name not in self.cells:
            raise SpecarError(f"no cell {name!r} in this configuration; 'specar runs' lists the runs")
        return self.cells[name]

    def cells_of(self, task: str) -> list[str]:
        """Ids of a task's cells."""
        return [name for name, cell in self.cells.items() if cell.task == task]

    @property
    def remarks(self) -> dict[str, str]:
        """What a reader of the tables has to know of a dataset, by dataset."""
        used = set(self.datasets)
        remarks = {}
        for name, dataset in self.config.datasets.items():
            if name in used and dataset.caution:
                remarks[name] = dataset.caution
            elif name not in used and dataset.restricted:
                remarks[name] = f"left out: {dataset.restricted}"
        return remarks

    def runs_of(self, task: str) -> list[str]:
        """Ids of a task's runs."""
        return [name for name, run in self.runs.items() if run.task == task]

    @property
    def digest(self) -> str:
        """Hash of everything that the plan says."""
        text = self.config.model_dump_json() + "".join(self.runs)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def mirror(self) -> str | None:
        """Mirror of the datasets, of the configuration or the environment."""
        return resolve_mirror(self.config.data.mirror)

    def own_files(self, dataset: str) -> list[Path]:
        """A user's own files of a dataset, in a local mirror: they may change."""
        return own_files(self.dataset(dataset), self.mirror)

    @property
    def results(self) -> Path:
        """Folder of everything that is produced."""
        return Path(self.config.results)

    @property
    def raw(self) -> Path:
        """Folder with one folder of downloaded files per dataset."""
        return Path(self.config.data.dir) / "raw"

    @property
    def prepared(self) -> Path:
        """Folder with one folder of prepared arrays per dataset."""
        return Path(self.config.data.dir) / "prepared"

    @property
    def records(self) -> Path:
        """Folder with one folder per run."""
        return self.results / "runs"

    @property
    def tables(self) -> Path:
        """Folder of the tables."""
        return self.results / "tables"

    @property
    def floors(self) -> Path:
        """Folder with one folder of floor records per cell."""
        return self.results / "floors"

    def collected(self, task: str) -> Path:
        """Table of a task's run records."""
        return self.results / "collected" / f"{task}.csv"

    def collected_floors(self, task: str) -> Path:
        """Table of a task's floor records."""
        return self.results / "collected" / f"{task}_floors.csv"
