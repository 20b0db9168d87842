"""What ``training.precision: auto`` means: decided by a table of runs trained in both precisions."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from specar.config.settings import Precision

TABLE = "precision.json"
_ENOUGH = 3  # seeds, in both precisions


@dataclass(frozen=True)
class Comparison:
    """A metric of the runs of one cell in fp32 and in another precision, seed by seed."""

    task: str
    model: str  # its label
    where: str  # dataset and setting
    changes: dict[str, Any]  # from the authors' hyper-parameters
    metric: str
    precision: Precision
    seeds: list[int]
    fp32: list[float]
    other: list[float]
    machine: str
    commit: str

    @property
    def between_seeds(self) -> float:
        """Standard deviation of the seeds in fp32; 0 with fewer than two."""
        return statistics.stdev(self.fp32) if len(self.fp32) > 1 else 0.0

    @property
    def largest(self) -> float:
        """Largest change of a seed, without sign."""
        return max(abs(b - a) for a, b in zip(self.fp32, self.other, strict=True))

    @property
    def within(self) -> bool:
        """Whether there are enough seeds, and the precision moves none of them further than seeds differ."""
        return len(self.seeds) >= _ENOUGH and self.largest <= self.between_seeds


def read_table(path: Path | None = None) -> list[Comparison]:
    """Return the comparisons of a file, by default of the one that comes with the project."""
    place = path or files("specar.config").joinpath(TABLE)
    return [Comparison(**row) for row in json.loads(place.read_text(encoding="utf-8"))]


def table_text(rows: Sequence[Comparison]) -> str:
    """Return the comparisons as the text of such a file, one per line."""
    lines = (json.dumps(asdict(row), ensure_ascii=False) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"


@cache
def automatic(task: str, model: str) -> Precision:
    """Return bf16 where every metric of the task and model stays within the spread of the seeds, else fp32.

    It depends on nothing else, least of all on the machine: the precision is part of a run's identity, which
    is the same wherever a plan is made.
    """
    rows = [one for one in read_table() if (one.task, one.model, one.precision) == (task, model, "bf16")]
    return "bf16" if rows and all(one.within for one in rows) else "fp32"
