"""Where everything lies that the pipeline reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from specar.base.names import in_project
from specar.config import Config

EXAMPLES = "examples.json"


class _Product:
    """A place in the folder of everything that is produced."""

    def __init__(self, *parts: str) -> None:
        self.parts = parts

    def __get__(self, places: Places, _: object = None) -> Path:
        return Path(places.config.results, *self.parts)


@dataclass(frozen=True)
class Places:
    """Folders and files of a configuration: `own_` ones made here, `cached_` ones brought by the project."""

    config: Config

    results = _Product()
    records = _Product("runs")  # a folder per run
    floors = _Product("floors")  # a folder per cell
    tables = _Product("tables")
    figures = _Product("figures")
    paper_figures = _Product("figures", "paper")  # over the whole plan
    ablations = _Product("ablations")
    paper = _Product("paper")  # the paper's tables, all models
    judgement = _Product("judgement")
    explain = _Product("explain")  # searches for the cause of a published number, a file per cell
    batches = _Product("batches")  # how far test metrics move with the evaluation batches, a file per run
    report = _Product("report", "index.html")

    @property
    def raw(self) -> Path:
        """Folder with one folder of downloaded files per dataset."""
        return Path(self.config.data.dir) / "raw"

    @property
    def prepared(self) -> Path:
        """Folder with one folder of prepared arrays per dataset."""
        return Path(self.config.data.dir) / "prepared"

    @property
    def cache(self) -> Path:
        """Folder of the records that come with the project, also where one works elsewhere."""
        return in_project(Path(self.config.cache))

    def own_record_file(self, run: str) -> Path:
        return self.records / run / "metrics.json"

    def own_examples_file(self, run: str) -> Path:
        return self.records / run / EXAMPLES

    def own_floor_file(self, cell: str, baseline: str) -> Path:
        return self.floors / cell / f"{baseline}.json"

    def cached_record_file(self, run: str) -> Path:
        return self.cache / f"{run}.json"

    def cached_examples_file(self, run: str) -> Path:
        return self.cache / "examples" / f"{run}.json"

    def cached_floor_file(self, cell: str, baseline: str) -> Path:
        return self.cache / "floors" / cell / f"{baseline}.json"
