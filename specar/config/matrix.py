"""Expansion of the configuration into runs."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from specar.config.load import explain
from specar.config.schema import SETTING_OF_TASK, Config, Experiment, MatrixEntry, Overrides, RunConfig
from specar.data.registry import find_dataset
from specar.errors import SpecarError


def run_id(run: RunConfig) -> str:
    """Readable and unique name of a run; ends in a hash of the whole resolved configuration."""
    canonical = json.dumps(run.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:10]
    top = "top" if run.model.top else "notop"
    parts = (run.task, run.dataset, run.setting, run.model.architecture, top, run.protocol, f"seed{run.seed}")
    return "-".join(str(part) for part in (*parts, digest))


def expand(config: Config) -> dict[str, RunConfig]:
    """Return every run of the matrix, by run id, in the order of the configuration.

    Raises
    ------
    SpecarError
        A dataset, horizon or mask ratio is named that has no experiment, or settings contradict
        each other.
    """
    runs: dict[str, RunConfig] = {}
    for entry in config.matrix:
        for run in _expand_entry(config, entry):
            runs[run_id(run)] = run
    _refuse_twins(runs)
    return runs


def _refuse_twins(runs: dict[str, RunConfig]) -> None:
    """Two runs of one table cell and seed would be averaged under one label."""
    cells: dict[tuple[object, ...], str] = {}
    for name, run in runs.items():
        cell = (
            run.task,
            run.dataset,
            run.setting,
            run.model.architecture,
            run.model.top,
            run.protocol,
            run.seed,
        )
        if cell in cells:
            raise SpecarError(
                f"matrix: {cells[cell]} and {name} differ only in settings that tables do not show; "
                "put them into configurations with a 'results' folder each"
            )
        cells[cell] = name


def _expand_entry(config: Config, entry: MatrixEntry) -> Iterator[RunConfig]:
    experiments = config.experiments.get(entry.task, {})
    for name in entry.datasets if entry.datasets is not None else experiments:
        find_dataset(name, config.datasets)
        if name not in experiments:
            raise SpecarError(
                f"no {entry.task} experiment for dataset {name}; add one under experiments.{entry.task}"
            )
        for setting in _settings(entry, name, experiments[name]):
            yield from _expand_setting(config, entry, name, experiments[name], setting)


def _settings(entry: MatrixEntry, dataset: str, experiment: Experiment) -> list[int | float]:
    plural = SETTING_OF_TASK[entry.task][1]
    known = experiment.settings(entry.task)
    wanted: list[int | float] | None = getattr(entry, plural)
    for setting in wanted or []:
        if setting not in known:
            raise SpecarError(
                f"{plural} of {entry.task} on {dataset}: {setting} is not in its experiment "
                f"(known: {', '.join(map(str, known))}); add it under experiments.{entry.task}.{dataset}"
            )
    return list(known) if wanted is None else wanted


def _expand_setting(
    config: Config, entry: MatrixEntry, dataset: str, experiment: Experiment, setting: int | float
) -> Iterator[RunConfig]:
    singular = SETTING_OF_TASK[entry.task][0]
    layers: list[Overrides] = [experiment, experiment.settings(entry.task)[setting], config, entry]
    model: dict[str, Any] = {}
    training: dict[str, Any] = {}
    for layer in layers:
        model |= layer.model.model_dump(exclude_none=True)
        training |= layer.training.model_dump(exclude_none=True)
    axes = (
        entry.architectures or config.architectures,
        entry.top or config.top,
        entry.seeds or config.seeds,
    )
    for architecture, top, seed in itertools.product(*axes):
        values: dict[str, Any] = {
            "task": entry.task,
            "dataset": dataset,
            "data": config.datasets[dataset].identity(),
            "seq_len": experiment.seq_len,
            singular: setting,
            "protocol": entry.protocol or config.protocol,
            "seed": seed,
            "model": {"architecture": architecture, "top": top, **model},
            "training": training,
        }
        try:
            yield RunConfig.model_validate(values)
        except ValidationError as error:
            where = f"{entry.task} on {dataset} at {singular} {setting}"
            raise SpecarError(f"{where}: {explain(error)}") from error
