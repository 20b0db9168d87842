"""Expansion of the configuration into runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.config.entries import Experiment, Level, MatrixEntry, ModelSettings, Overrides, partial
from specar.config.key import RunKey, Setting, in_names
from specar.config.load import explain
from specar.config.precision import automatic
from specar.config.schema import ANY, Cell, Config, RunConfig
from specar.config.settings import Protocol, Task
from specar.config.tasks import TASK_INFO
from specar.data.registry import JoinedDataset, M4Dataset, builtin_datasets, find_dataset
from specar.models import ModelSpec, spec_of

_MOST_RUNS = 10_000


def run_id(run: RunConfig) -> str:
    """Readable and unique name of a run; ends in a hash of the whole resolved configuration.

    A setting that was added later does not count while it says what runs did before (see
    :mod:`specar.base.later`).
    """
    return _name(run, run.key)


def cell_id(cell: Cell) -> str:
    """Readable and unique name of a cell, like that of a run."""
    setting = None if cell.setting is None else in_names(cell.setting)
    return _name(cell, cell.task, cell.dataset, setting, cell.protocol)


def _name(config: Cell, *parts: object) -> str:
    return "-".join(str(part) for part in (*parts, config.digest) if part is not None)


def expand(config: Config, absent: Collection[str] = ()) -> dict[str, RunConfig]:
    """Return every run of the matrix, by run id, in the order of the configuration.

    An entry only gets ``absent`` datasets (on request, and not in place) if it names them. `SpecarError`: a
    dataset, horizon or mask ratio is named that has no experiment, or settings contradict each other.
    """
    runs = _expand_entries(config, config.matrix, absent)
    if not runs:
        raise SpecarError("the matrix asks for no run: no model of run_models can do its tasks")
    _refuse_twins(
        runs, "matrix", "give one of them a label of its own under models, or put them into an ablation"
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
    if level.models is not None:
        changes["models"] = level.models
    if level.top is not None and TASK_INFO[entry.task].top:
        changes["top"] = [level.top]
    if level.datasets is not None:
        changes["datasets"] = level.datasets
    return entry.model_copy(update=changes)


def _expand_entries(
    config: Config, entries: Sequence[MatrixEntry], absent: Collection[str], *over: Overrides
) -> dict[str, RunConfig]:
    if (number := sum(_number(config, entry) for entry in entries)) > _MOST_RUNS:
        raise SpecarError(f"the matrix or ablation asks for {number:,} runs; the most is {_MOST_RUNS:,}")
    runs = (run for entry in entries for run in _expand_entry(config, entry, absent, over))
    return {run_id(run): run for run in runs}


def _refuse_twins(runs: dict[str, RunConfig], where: str, remedy: str) -> None:
    """Two runs of one key would be averaged under one label."""
    keys: dict[RunKey, str] = {}
    for name, run in runs.items():
        if (other := keys.setdefault(run.key, name)) != name:
            raise SpecarError(
                f"{where}: {other} and {name} differ only in settings that tables do not show; {remedy}"
            )


def _expand_entry(
    config: Config, entry: MatrixEntry, absent: Collection[str], over: Sequence[Overrides]
) -> Iterator[RunConfig]:
    experiments = config.experiments.get(entry.task, {})
    for name in entry.datasets or [name for name in suitable(config, entry.task) if name not in absent]:
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
        look_backs: Sequence[int | None] = entry.look_backs or [None]
        for setting, look_back in itertools.product(_settings(entry, own, experiments[own]), look_backs):
            yield from _expand_setting(config, entry, name, experiments[own], setting, look_back, over)


def _number(config: Config, entry: MatrixEntry) -> int:
    """How many runs an entry asks for, roughly: told before they are made."""
    settings = getattr(entry, TASK_INFO[entry.task].settings or "", None)
    datasets, seeds = entry.datasets or suitable(config, entry.task), entry.seeds or config.seeds
    return math.prod(
        len(one or [0]) for one in (datasets, settings, entry.look_backs, labels_of(config, entry), seeds)
    )


def suitable(config: Config, task: Task) -> list[str]:
    """Return datasets with an experiment, then a user's own without one; not joined ones, of their parts."""
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
    look_back: int | None,
    over: Sequence[Overrides],
) -> Iterator[RunConfig]:
    info = TASK_INFO[entry.task]
    cell = _cell(config, entry, dataset, experiment, setting, look_back)
    of_setting = experiment.settings(entry.task).get(setting, Overrides())
    tops, seeds = (entry.top or config.top) if info.top else [False], entry.seeds or config.seeds
    layers = [experiment, of_setting, config, entry, *over]
    values = {**cell, "task_settings": _task_settings(cell, _layered("task_settings", layers))}
    where = f"{entry.task} on {dataset}" + (f" at {info.setting} {setting}" if info.setting else "")
    for label in labels_of(config, entry):
        model, spec = config.models[label], _spec(config, label)
        every = config.experiments[entry.task].get(ANY, experiment)
        of_model = [
            said
            for one in config.set_as(label)
            for said in (*every.of_model(one, setting), *experiment.of_model(one, setting))
        ]
        said: list[Overrides | ModelSettings] = [
            experiment,
            of_setting,
            *of_model,
            model,
            config,
            entry,
            *over,
        ]
        training = {} if spec.fitted else _layered("training", said)
        if training.get("precision") == "auto":  # decided here: an id says what was computed
            training["precision"] = automatic(entry.task, label)
        settings: dict[str, Any] = {}
        for one, place in (*((one, where) for one in of_model), (model, f"models.{label}")):
            _check_settings(spec, one.settings, place)
            settings |= one.settings
        if model.is_specar:  # the experiments are those of its authors' scripts
            own = _layered("model", [experiment, of_setting])
            settings = {**own, **settings, **_layered("model", [config, entry, *over])}
        for top in dict.fromkeys(top and spec.top for top in tops):
            axis = {"top": top} if spec.top else {}
            choice = {"label": label, "module": model.module, "settings": {**settings, **axis}}
            try:
                run = RunConfig.model_validate(
                    {**values, "seed": seeds[0], "model": choice, "training": training}
                )
            except ValidationError as error:
                raise SpecarError(f"{where}, model {label}: {explain(error)}") from error
            yield from (run.model_copy(update={"seed": seed}) for seed in seeds)


def labels_of(config: Config, entry: MatrixEntry) -> list[str]:
    """Return the labels of the models of an entry: those that it names, or all by default that do its task.

    `SpecarError`: a model that it names cannot do its task, or it has settings of SpecAR-Net and no such
    model.
    """
    labels = entry.models or config.default_labels
    able = {label: not (do := _spec(config, label).tasks) or entry.task in do for label in labels}
    if entry.models and not all(able.values()):
        unable = next(label for label in labels if not able[label])
        raise SpecarError(f"model {unable} cannot do {entry.task}; leave it out of the entry's models")
    kept = [label for label in labels if able[label]]
    if entry.model.model_dump(exclude_none=True) and not any(config.models[one].is_specar for one in kept):
        raise SpecarError(
            f"an entry of {entry.task} has settings of SpecAR-Net under 'model', and its models are "
            f"{', '.join(kept)}; give theirs under models.{kept[0] if kept else '<label>'}.settings"
        )
    return kept


def _spec(config: Config, label: str) -> ModelSpec:
    try:
        spec = spec_of(config.models[label].module)
    except SpecarError as error:
        raise SpecarError(f"models.{label}: {error}") from error
    if unknown := sorted(spec.tasks - set(TASK_INFO)):
        raise SpecarError(
            f"models.{label}: TASKS of {spec.name} has no task {unknown[0]!r}; known: {', '.join(TASK_INFO)}"
        )
    return spec


def _check_settings(spec: ModelSpec, given: Mapping[str, Any], where: str) -> None:
    """Refuse a bad value also where another layer replaces it, and what says which model it is."""
    if "top" in given:
        raise SpecarError(f"{where}, settings: top is an axis of the matrix; give it there")
    known = {name: value for name, value in given.items() if name in spec.config.model_fields}
    try:
        partial(spec.config).model_validate(known, by_name=True)
    except ValidationError as error:
        raise SpecarError(f"{where}, settings: {explain(error)}") from error


def _cell(
    config: Config,
    entry: MatrixEntry,
    name: str,
    experiment: Experiment,
    setting: Setting,
    look_back: int | None,
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
    chosen = look_back or seq_len
    return {**cell, "seq_len": chosen, "own_look_back": chosen == seq_len}


def _layered(part: str, layers: Sequence[Overrides | ModelSettings]) -> dict[str, Any]:
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
    if resolved.get("threshold"):  # the ratio says nothing then
        resolved["anomaly_ratio"] = None
    return resolved
