"""The configuration: which runs to do, with which settings."""

from __future__ import annotations

import copy
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, Self, TypeVar

import yaml
from pydantic import BeforeValidator, Field, create_model, model_validator

from specar.config.settings import (
    Architecture,
    DataConfig,
    Execution,
    FolderName,
    ModelConfig,
    Protocol,
    Task,
    TaskSettings,
    TrainingConfig,
)
from specar.config.tasks import TASK_INFO, TASK_OF_SETTINGS
from specar.data.registry import Dataset, DatasetName, builtin_datasets
from specar.strict import Strict

Setting = int | float | None
Horizon = Annotated[int, Field(ge=1)]
MaskRatio = Annotated[float, Field(gt=0, lt=1)]


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a seed is a number")
    return value


Seed = Annotated[int, Field(ge=0), BeforeValidator(_no_bool)]
Item = TypeVar("Item")
NonEmpty = Annotated[list[Item], Field(min_length=1)]

# Name of the experiment of datasets that have none of their own.
ANY = "any"


def _partial(schema: type[Strict], *without: str) -> type[Strict]:
    """Make the model of any part of ``schema``: every field optional, null meaning not given."""
    fields: dict[str, Any] = {}
    for name, field in schema.model_fields.items():
        if name not in without:
            optional = copy.copy(field)
            optional.default, optional.default_factory = None, None
            fields[name] = (Optional[field.annotation], optional)  # noqa: UP045 (the type is not static)
    return create_model(f"{schema.__name__}Overrides", __base__=Strict, __doc__=schema.__doc__, **fields)


if TYPE_CHECKING:
    from specar.config.settings import ModelConfig as ModelOverrides
    from specar.config.settings import TaskSettings as TaskOverrides
    from specar.config.settings import TrainingConfig as TrainingOverrides
else:  # architecture and top are axes of the matrix
    ModelOverrides = _partial(ModelConfig, "architecture", "top")
    TrainingOverrides = _partial(TrainingConfig)
    TaskOverrides = TaskSettings


class Overrides(Strict):
    """Settings that replace those of the experiment."""

    model: ModelOverrides = ModelOverrides()
    training: TrainingOverrides = TrainingOverrides()
    task_settings: TaskOverrides = TaskOverrides()


class Experiment(Overrides):
    """Hyper-parameters of one dataset in one task, with differences per setting and architecture."""

    seq_len: int | None = Field(
        None,
        ge=1,
        description="look-back S (imputation, anomaly_detection: the window); null: 96, for "
        "anomaly_detection 100, for short_term_forecast twice the horizon, for classification the longest "
        "series",
    )
    horizons: dict[Horizon, Overrides] = {}
    mask_ratios: dict[MaskRatio, Overrides] = {}
    architectures: dict[Architecture, Overrides] = Field({}, description="differences per architecture")

    def settings(self, task: str) -> dict[Setting, Overrides]:
        """What the experiment says per horizon or mask ratio; {None: …} where the task varies neither."""
        plural = TASK_INFO[task].settings
        return {None: Overrides()} if plural is None else getattr(self, plural)


class MatrixEntry(Overrides):
    """Runs of one task: the product of all its lists. Lists left out mean all, or the defaults above."""

    task: Task
    datasets: NonEmpty[DatasetName] | None = Field(
        None, description="null: every dataset with an experiment, and every suitable one of your own"
    )
    horizons: NonEmpty[Horizon] | None = Field(None, description="null: all of the experiment")
    mask_ratios: NonEmpty[MaskRatio] | None = Field(None, description="null: all of the experiment")
    architectures: NonEmpty[Architecture] | None = None
    top: NonEmpty[bool] | None = Field(None, description="classification and anomaly_detection have no TOP")
    seeds: NonEmpty[Seed] | None = None
    protocol: Protocol | None = None

    @model_validator(mode="after")
    def _own_setting(self) -> MatrixEntry:
        for plural, task in TASK_OF_SETTINGS.items():
            if task != self.task and getattr(self, plural) is not None:
                raise ValueError(f"{plural} does not apply to {self.task}")
        if self.top is not None and True in self.top and not TASK_INFO[self.task].top:
            raise ValueError(f"{self.task} has no TOP; leave top out")
        _check_task_settings(self.task, self.task_settings)
        return self


def _check_task_settings(task: str, settings: TaskSettings) -> None:
    for name in settings.model_dump(exclude_none=True):
        if name not in TASK_INFO[task].task_settings:
            raise ValueError(f"task_settings.{name} does not apply to {task}")


@cache
def authors_experiments() -> dict[str, Any]:
    text = files("specar.config").joinpath("experiments.yaml").read_text(encoding="utf-8")
    experiments: dict[str, Any] = yaml.safe_load(text)
    return experiments


def default_experiments() -> dict[Task, dict[str, Experiment]]:
    """The authors' hyper-parameters, as their scripts pass them."""
    return {
        task: {name: Experiment.model_validate(entry) for name, entry in entries.items()}  # type: ignore[misc]
        for task, entries in authors_experiments().items()
    }


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
        "results/cached", description="folder of the records that come with the project"
    )
    matrix: NonEmpty[MatrixEntry] = Field(
        default_factory=lambda: [MatrixEntry.model_validate({"task": task}) for task in TASK_INFO],
        description="the runs",
    )
    architectures: NonEmpty[Architecture] = ["paper", "released"]
    top: NonEmpty[bool] = Field([False, True], description="without and with TOP")
    seeds: NonEmpty[Seed] = [1, 2, 3]
    protocol: Protocol = "published"
    data: DataConfig = DataConfig()
    execution: Execution = Execution()
    experiments: dict[Task, dict[DatasetName, Experiment]] = Field(
        default_factory=default_experiments,
        description="merged over the authors' hyper-parameters (specar/config/experiments.yaml)",
    )
    datasets: dict[DatasetName, Dataset] = Field(
        default_factory=builtin_datasets,
        description="merged over the registry (specar/data/registry.yaml)",
    )

    @model_validator(mode="after")
    def _experiments_fit(self) -> Config:
        for task, experiments in self.experiments.items():
            for name, experiment in experiments.items():
                try:
                    self._experiment_fits(task, name, experiment)
                except ValueError as error:
                    raise ValueError(f"experiments.{task}.{name}: {error}") from error
        return self

    def _experiment_fits(self, task: Task, name: str, experiment: Experiment) -> None:
        info = TASK_INFO[task]
        if name != ANY and name not in self.datasets:
            raise ValueError("unknown dataset; add it under datasets")
        if name != ANY and self.datasets[name].kind != info.kind:
            raise ValueError(f"a dataset of kind {self.datasets[name].kind}; {task} needs {info.kind}")
        if not experiment.settings(task):
            raise ValueError(f"needs {info.settings}")
        for plural, other in TASK_OF_SETTINGS.items():
            if other != task and getattr(experiment, plural):
                raise ValueError(f"{plural} does not apply to {task}")
        _check_task_settings(task, experiment.task_settings)


class Cell(Strict):
    """The test examples of runs, whatever the model: what naive floors depend on."""

    task: Task
    dataset: str
    data: dict[str, Any] = Field(description="identity of the dataset: content, splits, seasonality")
    seq_len: int | None = Field(ge=1, description="null: the longest series (classification)")
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
        return self

    @property
    def setting(self) -> Setting:
        """The horizon or the mask ratio, whichever the task varies; None where it varies neither."""
        name = TASK_INFO[self.task].setting
        return None if name is None else getattr(self, name)


class RunConfig(Cell):
    """One training run, fully resolved: what its ``run_id`` is the hash of."""

    seed: Seed
    model: ModelConfig
    training: TrainingConfig

    @property
    def cell(self) -> Cell:
        """The run's test examples."""
        return Cell.model_validate(self.model_dump(include=set(Cell.model_fields)))
