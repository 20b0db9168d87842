"""Settings that replace those of the experiments, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specar.config import Config
from specar.config.entries import MatrixEntry, Overrides
from specar.paper.sources import source_of


def changed_settings(config: Config, entries: Iterable[MatrixEntry]) -> Iterator[str]:
    """Say what the configuration as a whole, and entries of it, set in place of the authors' settings."""
    for what, settings in (("All runs", config), *((_name(entry), entry) for entry in entries)):
        if texts := list(_overrides(settings)):
            yield f"{what}: {', '.join(texts)} instead of the experiment's own."


def _name(entry: MatrixEntry) -> str:
    title = source_of(entry.task).title
    return f"{title}, {', '.join(entry.datasets)}" if entry.datasets else title


def _overrides(settings: Overrides) -> Iterator[str]:
    for part in ("model", "training", "task_settings"):
        for key, value in getattr(settings, part).model_dump(exclude_none=True).items():
            yield f"{part}.{key} {value}"
