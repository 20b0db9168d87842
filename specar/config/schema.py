"""The configuration: which runs to do, with which settings."""

from __future__ import annotations

import copy
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, TypeVar

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
    TrainingConfig,
)
from specar.data.registry import Dataset, DatasetName, builtin_datasets
from specar.strict import Strict

Horizon = Annotated[int, Field(ge=1)]
MaskRatio = Annotated[float, Field(gt=0, lt=1)]


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a seed is a number")
    return value


Seed = Annotated[int, Field(ge=0), BeforeValidator(_no_bool)]
Item = TypeVar("Item")
NonEmpty = Annotated[list[Item], Field(min_length=1)]

# The setting that a task's experiments vary: field of a run, and its plural in the configuration.
SETTING_OF_TASK: dict[str, tuple[str, str]] = {
    "long_term_forecast": ("horizon", "horizons"),
    "imputation": ("mask_ratio", "mask_ratios"),
}


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
    from specar.config.settings import TrainingConfig as TrainingOverrides
else:  # architecture and top are axes of the matrix
    ModelOverrides = _partial(ModelConfig, "architecture", "top")
    TrainingOverrides = _partial(TrainingConfig)


class Overrides(Strict):
    """Settings that replace those of the experiment."""

    model: ModelOverrides = ModelOverrides()
    training: TrainingOverrides = TrainingOverrides()


class Experiment(Overrides):
    """Hyper-parameters of one dataset in one task, with differences per horizon or mask ratio."""

    seq_len: int = Field(96, ge=1, description="look-back S (for imputation: the window)")
    horizons: dict[Horizon, Overrides] = {}
    mask_ratios: dict[MaskRatio, Overrides] = {}

    def settings(self, task: str) -> dict[int | float, Overrides]:
        """What the experiment says per horizon or mask ratio, whichever the task varies."""
        settings: dict[int | float, Overrides] = getattr(self, SETTING_OF_TASK[task][1])
        return settings


class MatrixEntry(Overrides):
    """Runs of one task: the product of all its lists. Lists left out mean all, or the defaults above."""

    task: Task
    datasets: NonEmpty[DatasetName] | None = Field(None, description="null: every dataset with an experiment")
    horizons: NonEmpty[Horizon] | None = Field(None, description="null: all of the experiment")
    mask_ratios: NonEmpty[MaskRatio] | None = Field(None, description="null: all of the experiment")
    architectures: NonEmpty[Architecture] | None = None
    top: NonEmpty[bool] | None = None
    seeds: NonEmpty[Seed] | None = None
    protocol: Protocol | None = None

    @model_validator(mode="after")
    def _own_setting(self) -> MatrixEntry:
        for task, (_, plural) in SETTING_OF_TASK.items():
            if task != self.task and getattr(self, plural) is not None:
                raise ValueError(f"{plural} does not apply to {self.task}")
        return self


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
    matrix: NonEmpty[MatrixEntry] = Field(
        default_factory=lambda: [MatrixEntry(task="long_term_forecast"), MatrixEntry(task="imputation")],
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
                where = f"experiments.{task}.{name}"
                if name not in self.datasets:
                    raise ValueError(f"{where}: unknown dataset; add it under datasets")
                if not experiment.settings(task):
                    raise ValueError(f"{where}: needs {SETTING_OF_TASK[task][1]}")
                for other, (_, plural) in SETTING_OF_TASK.items():
                    if other != task and getattr(experiment, plural):
                        raise ValueError(f"{where}: {plural} does not apply to {task}")
        return self


class RunConfig(Strict):
    """One training run, fully resolved: what its ``run_id`` is the hash of."""

    task: Task
    dataset: str
    data: dict[str, Any] = Field(description="identity of the dataset: content, splits, seasonality")
    seq_len: int = Field(ge=1)
    horizon: Horizon | None = None
    mask_ratio: MaskRatio | None = None
    protocol: Protocol
    seed: Seed
    model: ModelConfig
    training: TrainingConfig
    format: Literal[1] = Field(1, description="raised when the same settings come to mean another result")

    @property
    def setting(self) -> int | float:
        """The horizon or the mask ratio, whichever the task varies."""
        value: int | float = getattr(self, SETTING_OF_TASK[self.task][0])
        return value
