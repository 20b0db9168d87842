"""The configuration: which runs to do, with which settings."""

from __future__ import annotations

import copy
import hashlib
import json
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SerializeAsAny, model_validator

from specar.base.later import Later, identity_of
from specar.base.names import FolderName
from specar.base.safe_yaml import read_builtin
from specar.base.strict import Strict
from specar.config.entries import (
    Ablation,
    AblationName,
    Experiment,
    Horizon,
    Level,
    MaskRatio,
    MatrixEntry,
    ModelEntry,
    ModelLabel,
    NonEmpty,
    Overrides,
    Seed,
    check_task_settings,
    renamed,
)
from specar.config.key import RunKey, Setting, with_look_back
from specar.config.settings import (
    DataConfig,
    Execution,
    Protocol,
    Task,
    TaskSettings,
    TrainingConfig,
)
from specar.config.tasks import SETTINGS, TASK_INFO
from specar.data.entries import DatasetName
from specar.data.registry import Dataset, builtin_datasets, linked
from specar.models import ModelSpec, spec_of

# Name of the experiment of datasets that have none of their own.
ANY = "any"
# The two definitions of SpecAR-Net, which the paper in full is.
DEFAULT_MODELS = ("specar", "specar-released")
# Rivals of the default matrix, which take little; config/rivals.yaml has the others.
CHEAP_NETWORKS = ["dlinear", "lightts", "timesnet", "itransformer"]
CHEAP_CLASSIFIERS = ["rocket", "minirocket", "multirocket-hydra", "dtw", "xgboost"]
# Modules that several labels share, and the setting that says which model one of them is.
WHICH = {"specar": "architecture", "fitted": "classifier"}


@cache
def builtin(name: str) -> dict[str, Any]:
    """Return the built-in ``models``, ``experiments`` (of the authors' scripts) or ``ablations``."""
    values = read_builtin("specar.config", f"{name}.yaml")
    if name == "experiments":
        for task, info in TASK_INFO.items():
            values.setdefault(task, {})[ANY] = copy.deepcopy(dict(info.experiment))
        for task, experiments in read_builtin("specar.config", "rivals.yaml").items():
            for dataset, models in experiments.items():
                values[task][dataset].setdefault("models", {}).update(models)
    return values


def default_models() -> dict[str, ModelEntry]:
    """The models that come with the project."""
    return {label: ModelEntry.model_validate(entry) for label, entry in builtin("models").items()}


def default_experiments() -> dict[Task, dict[str, Experiment]]:
    """The released scripts' hyper-parameters, as their scripts pass them."""
    return {
        task: {name: Experiment.model_validate(entry) for name, entry in entries.items()}
        for task, entries in builtin("experiments").items()
    }


def default_ablations() -> dict[str, Ablation]:
    """The ablations that come with the project."""
    return {name: Ablation.model_validate(entry) for name, entry in builtin("ablations").items()}


def default_matrix() -> list[MatrixEntry]:
    """The paper in full, and its cheap rivals on the same data."""
    entries: list[dict[str, Any]] = [{"task": task} for task in TASK_INFO]
    for task in TASK_INFO:
        more = CHEAP_CLASSIFIERS if task == "classification" else []
        entries.append({"task": task, "models": [*CHEAP_NETWORKS, *more]})
    return [MatrixEntry.model_validate(entry) for entry in entries]


class Config(Overrides):
    """Everything that a configuration file can say. The defaults are the paper in full."""

    note: str | None = Field(None, description="printed with every table, for results that need a caution")
    results: FolderName = Field("results", description="folder of everything that is produced")
    use_cache: bool | Literal["only"] = Field(
        True,
        description="take the records that come with the project: true, false (train every run), or only "
        "(train nothing: tables and figures of what is there)",
    )
    cache: FolderName = Field(
        "results/cached",
        description="folder of the records that come with the project: from the working folder, else that of "
        "the project",
    )
    budget_hours: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="train only those runs of the matrix that fit into so many hours of one run after the "
        "other, as 'specar next' lists them; null: all",
    )
    matrix: NonEmpty[MatrixEntry] = Field(default_factory=default_matrix, description="the runs")
    models: dict[ModelLabel, ModelEntry] = Field(
        default_factory=default_models,
        description="merged over those of the project (specar/config/models.yaml), by label",
    )
    run_models: NonEmpty[ModelLabel] | None = Field(
        None,
        description="models of entries that name none; null: SpecAR-Net by the paper and as released, and "
        "every model of your own",
    )
    top: NonEmpty[bool] = Field([False, True], description="without and with TOP")
    seeds: NonEmpty[Seed] = [1, 2, 3]
    protocol: Protocol = "published"
    data: DataConfig = DataConfig()
    execution: Execution = Execution()
    experiments: dict[Task, dict[DatasetName, Experiment]] = Field(
        default_factory=default_experiments,
        description="merged over the released scripts' hyper-parameters (specar/config/experiments.yaml)",
    )
    ablations: dict[AblationName, Ablation] = Field(
        default_factory=default_ablations,
        description="merged over those of the project (specar/config/ablations.yaml); each is a target",
    )
    run_ablations: list[AblationName] = Field(
        [], description="ablations that belong to everything; the others are done where they are asked for"
    )
    datasets: Annotated[dict[DatasetName, Dataset], AfterValidator(linked)] = Field(
        default_factory=builtin_datasets,
        description="merged over the registry (specar/data/registry.yaml)",
    )

    @model_validator(mode="before")
    @classmethod
    def _older(cls, values: Any) -> Any:
        return renamed(values, "run_models")

    @model_validator(mode="after")
    def _experiments_fit(self) -> Config:
        for task, experiments in self.experiments.items():
            for name, experiment in experiments.items():
                try:
                    self._experiment_fits(task, name, experiment)
                except ValueError as error:
                    raise ValueError(f"experiments.{task}.{name}: {error}") from error
        return self

    @model_validator(mode="after")
    def _known_models(self) -> Config:
        named: list[MatrixEntry | Level] = list(self.matrix)
        for ablation in self.ablations.values():
            named += [*ablation.entries, *ablation.levels.values()]
        labels = [label for one in named for label in one.models or []]
        labels += [
            label for part in self.experiments.values() for one in part.values() for label in one.models
        ]
        for label in [*labels, *(self.run_models or [])]:
            if label not in self.models:
                raise ValueError(f"models: no model {label}; known: {', '.join(self.models)}")
        return self

    @model_validator(mode="after")
    def _labels_keep_their_models(self) -> Config:
        for label, entry in default_models().items():
            own, which = self.models.get(label, entry), WHICH.get(entry.name, "")
            if (own.name, own.settings.get(which)) != (entry.name, entry.settings.get(which)):
                raise ValueError(
                    f"models.{label} is {entry.title or label}; give another model a label of its own"
                )
        for part in self.experiments.values():
            for name, of_models in ((n, one.models) for n, one in part.items()):
                for label, said in of_models.items():
                    settings = [key for one in (said, *said.horizons.values()) for key in one.settings]
                    if (which := WHICH.get(self.models[label].name, "")) in settings:
                        raise ValueError(f"experiments of {name}: models.{label} has one {which}")
        return self

    @property
    def default_labels(self) -> list[str]:
        """Labels of the models of entries that name none."""
        own = [label for label in self.models if label not in builtin("models")]
        return self.run_models or [*DEFAULT_MODELS, *own]

    def set_as(self, label: str) -> list[str]:
        """Labels whose experiments hold for a model: that of the project with its module, then its own."""
        name = self.models[label].name
        if label in builtin("models") or name in WHICH:
            return [label]
        return [*(known for known, one in default_models().items() if one.name == name), label]

    @model_validator(mode="after")
    def _known_ablations(self) -> Config:
        for name in self.run_ablations:
            if name not in self.ablations:
                raise ValueError(f"run_ablations: no ablation {name}; known: {', '.join(self.ablations)}")
        return self

    def _experiment_fits(self, task: Task, name: str, experiment: Experiment) -> None:
        info = TASK_INFO[task]
        if name != ANY and name not in self.datasets:
            raise ValueError("unknown dataset; add it under datasets")
        if name != ANY and self.datasets[name].kind != info.kind:
            raise ValueError(f"a dataset of kind {self.datasets[name].kind}; {task} needs {info.kind}")
        if not experiment.settings(task):
            raise ValueError(f"needs {info.settings}")
        for plural in SETTINGS:
            if plural != info.settings and getattr(experiment, plural):
                raise ValueError(f"{plural} does not apply to {task}")
        for label, own in experiment.models.items():
            if unknown := own.horizons.keys() - experiment.horizons.keys():
                raise ValueError(f"models.{label}: horizon {min(unknown)} is not in the experiment")
        check_task_settings(task, experiment.task_settings)


class Cell(Strict):
    """The test examples of runs, whatever the model: what naive floors depend on."""

    task: Task
    dataset: DatasetName
    data: dict[str, Any] = Field(description="identity of the dataset: content, splits, seasonality")
    seq_len: int | None = Field(ge=1, description="null: the longest series (classification)")
    own_look_back: Annotated[bool, Later(True)] = Field(
        True, description="whether seq_len is that of the experiment, and not one of look_backs"
    )
    horizon: Horizon | None = None
    mask_ratio: MaskRatio | None = None
    protocol: Protocol
    task_settings: TaskSettings = TaskSettings()
    format: Literal[2] = Field(2, description="raised when the same settings come to mean another result")

    @model_validator(mode="after")
    def _every_row_scored(self) -> Self:
        stride = self.task_settings.test_stride
        if self.protocol == "strict" and stride and self.seq_len and stride > self.seq_len:
            raise ValueError(
                f"task_settings.test_stride {stride} leaves rows between windows of {self.seq_len} "
                "without a score; strict scores every row"
            )
        if self.protocol != "strict" and self.task_settings.threshold:
            raise ValueError("task_settings.threshold is for protocol strict; leave it out")
        return self

    @cached_property
    def digest(self) -> str:
        """Hash of everything that it says, but for what `specar.base.later` leaves out."""
        canonical = json.dumps(identity_of(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:10]

    @property
    def setting(self) -> Setting:
        """The horizon or the mask ratio, whichever the task varies; None where it varies neither."""
        if not self.own_look_back:
            return with_look_back(self.horizon, self.seq_len)
        name = TASK_INFO[self.task].setting
        return None if name is None else getattr(self, name)


class ModelChoice(Strict):
    """The model of a run: its label, its module, and its settings, all of them said."""

    label: ModelLabel
    module: str
    settings: SerializeAsAny[BaseModel]

    @model_validator(mode="before")
    @classmethod
    def _resolve(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(given := values.get("settings", {}), dict):
            spec = spec_of(str(values.get("module")))
            return {**values, "module": spec.name, "settings": spec.settings(given)}
        return values

    @property
    def spec(self) -> ModelSpec:
        """What the model's module offers."""
        return spec_of(self.module)

    @property
    def top(self) -> bool:
        """Whether it is trained with TOP."""
        return bool(getattr(self.settings, "top", False))


class RunConfig(Cell):
    """One training run, fully resolved: what its ``run_id`` is the hash of."""

    seed: Seed
    model: ModelChoice
    training: TrainingConfig

    @cached_property
    def key(self) -> RunKey:
        """What names the run."""
        model = self.model
        return RunKey(self.task, self.dataset, self.setting, model.label, model.top, self.protocol, self.seed)

    @cached_property
    def cell(self) -> Cell:
        """The run's test examples."""
        return Cell.model_construct(**{name: getattr(self, name) for name in Cell.model_fields})
