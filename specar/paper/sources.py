"""Where and how the paper prints each task: one entry per task in ``sources.yaml``, beside its CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specar.base.errors import SpecarError
from specar.base.safe_yaml import read_builtin
from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS, Metric

AVERAGE = "avg"


@dataclass(frozen=True)
class Source:
    """Where and how a task's results are printed."""

    title: str
    metrics: tuple[str, ...]  # in the order of the table
    tables: tuple[int, ...] = ()  # of the appendix: without and with TOP, the only one, or none
    strict_metrics: tuple[str, ...] = ()  # of the protocol strict where it has its own, which are not printed
    main: int | None = None  # table of the main paper that repeats the averages
    metric_rows: bool = False  # each metric has a line; otherwise each has columns
    column: str = "dataset"  # of the CSV, that names the dataset
    prefix: str = ""  # what the names in it lack
    # Lines over datasets; those of an empty one are all that the paper prints.
    aggregates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log: str | None = None  # CSV in specar.paper.published with further results of the authors
    notes: tuple[str, ...] = ()  # sentences below the table, of every protocol or of published
    strict_notes: tuple[str, ...] | None = None  # and of strict


def _source(aggregates: Mapping[str, list[str]] | None = None, **entry: Any) -> Source:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
    return Source(**values, aggregates={name: tuple(parts) for name, parts in (aggregates or {}).items()})


SOURCES = {
    task: _source(**entry) for task, entry in read_builtin("specar.paper", "sources.yaml")["tasks"].items()
}

_BASELINE_NAMES = {"mean": "observed mean", "naive2": "Naive2", "random": "random scores", "pca": "PCA"}


def source_of(task: str) -> Source:
    """Return where ``task`` is printed; `SpecarError` where the paper has no numbers of it here."""
    if task not in SOURCES:
        raise SpecarError(f"no published results of task {task}; known: {', '.join(SOURCES)}")
    return SOURCES[task]


def metrics_of(task: str, protocol: str) -> dict[str, Metric]:
    """Return the metrics of a task's tables under ``protocol``, in their order."""
    source = source_of(task)
    names = (protocol == "strict" and source.strict_metrics) or source.metrics
    return {name: METRICS[name] for name in names}


def baseline_labels(task: str) -> dict[str, str]:
    """Return the names of the task's floors, by column of the tidy table."""
    return {f"floor_{name}": baseline_label(name) for name in TASK_INFO[task].baselines}


def baseline_label(name: str) -> str:
    """Return the name of a floor as tables print it."""
    return _BASELINE_NAMES.get(name, name.replace("_", " "))


def setting_name(task: str) -> str | None:
    """Return what the task's experiments vary, in words; None where they vary nothing."""
    setting = TASK_INFO[task].setting
    return setting.replace("_", " ") if setting else None
