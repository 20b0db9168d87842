"""Expansion of the configuration into runs."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.config.entries import Experiment, Level, MatrixEntry, Overrides, Setting
from specar.config.later import identity_of
from specar.config.load import explain
from specar.config.schema import ANY, Cell, Config, RunConfig
from specar.config.settings import Protocol, Task
from specar.config.tasks import TASK_INFO
from specar.data.registry import JoinedDataset, M4Dataset, builtin_datasets, find_dataset


def run_id(run: RunConfig) -> str:
    """Readable and unique name of a run; ends in a hash of the whole resolved configuration.

    A setting that was added later does not count while it says what runs did before (see
    :mod:`specar.config.later`).
    """
    top = "top" if run.model.top else "notop"
    return _name(run, run.dataset, run.setting, run.model.architecture, top, run.protocol, f"seed{run.seed}")


def cell_id(cell: Cell) -> str:
    """Readable and unique name of a cell, like that of a run."""
    return _name(cell, cell.dataset, cell.setting, cell.protocol)


def _name(config: Cell, *parts: object) -> str:
    canonical = json.dumps(identity_of(config), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:10]
    return "-".join(str(part) for part in (config.task, *parts, digest) if part is not None)


def expand(config: Config, absent: Collection[str] = ()) -> dict[str, RunConfig]:
    """Return every run of the matrix, by run id, in the order of the configuration.

    Parameters
    ----------
    config
        The configuration.
    absent
        Datasets that an entry of the matrix only gets if it names them: on request, and not in place.

    Raises
    ------
    SpecarError
        A dataset, horizon or mask ratio is named that has no experiment, or settings contradict
        each other.
    """
    runs = _expand_entries(config, config.matrix, absent)
    _refuse_twins(
        runs, "matrix", "put them into an ablation, or into configurations with a 'results' folder each"
    )
    return runs


def expand_ablation(
    config: Config, name: str, absent: Collection[str] = ()
) -> dict[str, dict[str, RunConfig]]:
    """Return the runs of an ablation, by level and run id; raises as `expand`."""
    ablation = config.ablations[name]
    levels = {}
    for label, level in ablation.levels.items():
        entries = [_at_level(entry, level) for entry in ablation.entries]
        runs = _expand_entries(config, entries, absent, level)
        where = f"ablations.{name}, level {label}"
        _refuse_twins(runs, where, "give them levels of their own")
        levels[label] = runs
    return levels


def _at_level(entry: MatrixEntry, level: Level) -> MatrixEntry:
    """An entry with the axes of a level; it may turn TOP off, but cannot turn it on where there is none."""
    changes: dict[str, Any] = {}
    if level.architecture is not None:
        changes["architectures"] = [level.architecture]
    if level.top is not None and TASK_INFO[entry.task].top:
        changes["top"] = [level.top]
    if level.datasets is not None:
        changes["datasets"] = level.datasets
    return entry.model_copy(update=changes)


def _expand_entries(
    config: Config, entries: Sequence[MatrixEntry], absent: Collection[str], *over: Overrides
) -> dict[str, RunConfig]:
    runs = (run for entry in entries for run in _expand_entry(config, entry, absent, over))
    return {run_id(run): run for run in runs}


def _refuse_twins(runs: dict[str, RunConfig], where: str, remedy: str) -> None:
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
                f"{where}: {cells[cell]} and {name} differ only in settings that tables do not show; {remedy}"
            )
        cells[cell] = name


def _expand_entry(
    config: Config, entry: MatrixEntry, absent: Collection[str], over: Sequence[Overrides]
) -> Iterator[RunConfig]:
    experiments = config.experiments.get(entry.task, {})
    for name in entry.datasets or [name for name in _suitable(config, entry.task) if name not in absent]:
        dataset, kind = find_dataset(name, config.datasets), TASK_INFO[entry.task].kind
        if dataset.kind != kind:
            raise SpecarError(
                f"{entry.task} needs a dataset of kind {kind}; {name} is of kind {dataset.kind}"
            )
        own = name if name in experiments else ANY
        if own not in experiments:
            raise SpecarError(
                f"no {entry.task} experiment for dataset {name}; add one under experiments.{entry.task}"
            )
        for setting in _settings(entry, own, experiments[own]):
            yield from _expand_setting(config, entry, name, experiments[own], setting, over)


def _suitable(config: Config, task: Task) -> list[str]:
    """Datasets with an experiment, then a user's own without one; no joined ones: they repeat their parts."""
    experiments = [name for name in config.experiments.get(task, {}) if name != ANY]
    own = [name for name, entry in config.datasets.items() if entry.kind == TASK_INFO[task].kind]
    names = dict.fromkeys([*experiments, *(name for name in own if name not in builtin_datasets())])
    return [name for name in names if not isinstance(config.datasets[name], JoinedDataset)]


def _settings(entry: MatrixEntry, dataset: str, experiment: Experiment) -> list[Setting]:
    plural = TASK_INFO[entry.task].settings
    known = experiment.settings(entry.task)
    wanted: list[Setting] | None = getattr(entry, plural) if plural else None
    for setting in wanted or []:
        if setting not in known and dataset != ANY:
            raise SpecarError(
                f"{plural} of {entry.task} on {dataset}: {setting} is not in its experiment "
                f"(known: {', '.join(map(str, known))}); add it under experiments.{entry.task}.{dataset}"
            )
    return list(known) if wanted is None else wanted


def _expand_setting(
    config: Config,
    entry: MatrixEntry,
    dataset: str,
    experiment: Experiment,
    setting: Setting,
    over: Sequence[Overrides],
) -> Iterator[RunConfig]:
    info = TASK_INFO[entry.task]
    cell = _cell(config, entry, dataset, experiment, setting)
    of_setting = experiment.settings(entry.task).get(setting, Overrides())
    tops = (entry.top or config.top) if info.top else [False]
    axes = (entry.architectures or config.architectures, tops, entry.seeds or config.seeds)
    for architecture, top, seed in itertools.product(*axes):
        of_architecture = experiment.architectures.get(architecture, Overrides())
        layers = [experiment, of_setting, of_architecture, config, entry, *over]
        values = {
            **cell,
            "seed": seed,
            "model": {"architecture": architecture, "top": top, **_layered("model", layers)},
            "training": _layered("training", layers),
            "task_settings": _task_settings(cell, _layered("task_settings", layers)),
        }
        try:
            yield RunConfig.model_validate(values)
        except ValidationError as error:
            where = f"{entry.task} on {dataset}" + (f" at {info.setting} {setting}" if info.setting else "")
            raise SpecarError(f"{where}: {explain(error)}") from error


def _cell(
    config: Config, entry: MatrixEntry, name: str, experiment: Experiment, setting: Setting
) -> dict[str, Any]:
    info, dataset = TASK_INFO[entry.task], config.datasets[name]
    seq_len = experiment.seq_len or info.seq_len
    cell: dict[str, Any] = {
        "task": entry.task,
        "dataset": name,
        "data": dataset.identity(),
        "protocol": entry.protocol or config.protocol,
    }
    if info.setting:
        cell[info.setting] = setting
    if isinstance(dataset, M4Dataset):
        cell["horizon"] = dataset.horizon
        seq_len = experiment.seq_len or 2 * dataset.horizon
    return {**cell, "seq_len": seq_len}


def _layered(part: str, layers: Sequence[Overrides]) -> dict[str, Any]:
    """Settings of one part, later layers over earlier ones."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged |= getattr(layer, part).model_dump(exclude_none=True)
    return merged


def _task_settings(cell: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the task uses, resolved, so that a record says them and equal runs are equal."""
    defaults = TASK_INFO[cell["task"]].task_settings
    # A configuration's own settings are for all its tasks.
    resolved = {**defaults, **{name: value for name, value in given.items() if name in defaults}}
    if resolved.get("test_stride", 0) is None:
        protocol: Protocol = cell["protocol"]
        resolved["test_stride"] = cell["seq_len"] if protocol == "strict" else resolved["train_stride"]
    return resolved
