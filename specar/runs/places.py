"""Where everything lies that the pipeline reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from specar.base.names import in_project
from specar.config import Config

EXAMPLES = "examples.json"


@dataclass(frozen=True)
class Places:
    """Folders and files of a configuration."""

    config: Config

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
    def cache(self) -> Path:
        """Folder of the records that come with the project, also where one works elsewhere."""
        return in_project(Path(self.config.cache))

    def own_record_file(self, run: str) -> Path:
        """Record of a run that was trained here."""
        return self.records / run / "metrics.json"

    def own_examples_file(self, run: str) -> Path:
        """Examples of a run that was trained here."""
        return self.records / run / EXAMPLES

    def own_floor_file(self, cell: str, baseline: str) -> Path:
        """Record of a baseline that was computed here."""
        return self.floors / cell / f"{baseline}.json"

    @property
    def tables(self) -> Path:
        """Folder of the tables."""
        return self.results / "tables"

    @property
    def ablations(self) -> Path:
        """Folder of the tables and figures of ablations."""
        return self.results / "ablations"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.results / "figures"

    @property
    def paper_figures(self) -> Path:
        """Folder of the figures over the whole plan."""
        return self.figures / "paper"

    @property
    def paper(self) -> Path:
        """Folder of the paper's tables, all models."""
        return self.results / "paper"

    @property
    def report(self) -> Path:
        """The page with the paper beside the reproduction."""
        return self.results / "report" / "index.html"

    @property
    def judgement(self) -> Path:
        """Folder of verdicts, claims and ranks."""
        return self.results / "judgement"

    @property
    def floors(self) -> Path:
        """Folder with one folder of floor records per cell."""
        return self.results / "floors"

    def cached_record_file(self, run: str) -> Path:
        """Record of a run that comes with the project."""
        return self.cache / f"{run}.json"

    def cached_examples_file(self, run: str) -> Path:
        """Examples of a run that comes with the project."""
        return self.cache / "examples" / f"{run}.json"

    def cached_floor_file(self, cell: str, baseline: str) -> Path:
        """Record of a baseline that comes with the project."""
        return self.cache / "floors" / cell / f"{baseline}.json"
