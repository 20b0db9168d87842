"""The configuration: which runs to do, with which settings."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, model_validator

from specar.config.settings import (
    Architecture,
    DataConfig,
    Execution,
    ModelConfig,
    Protocol,
    Task,
    TrainingConfig,
)
from specar.data.registry import Dataset, DatasetName, builtin_datasets
from specar.strict import Strict

Horizon = Annotated[int, Field(ge=1)]
MaskRatio = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0)]

# The setting that a task's experiments vary: field of a run, and its plural in the configuration.
SETTING_OF_TASK: dict[str, tuple[str, str]] = {
    "long_term_forecast": ("horizon", "horizons"),
    "imputation": ("mask_ratio", "mask_ratios"),
}


class Overrides(Strict):
    """Settings that replace those of the experiment, by name."""

    model: dict[str, Any] = {}
    training: dict[str, Any] = {}

    @model_validator(mode="after")
    def _known_names(self) -> Overrides:
        for section, schema in (("model", ModelConfig), ("training", TrainingConfig)):
            if unknown := set(getattr(self, section)) - set(schema.model_fields):
                raise ValueError(f"unknown key {section}.{min(unknown)}")
        return self


class Experiment(Overrides):
    """Hyper-parameters of one dataset in one task, with differences per horizon or mask ratio."""

    seq_len: int = Field(96, ge=1, description="look-back S (for imputation: the window)")
    horizons: dict[Horizon, Overrides] = {}
    mask_ratios: dict[MaskRatio, Overrides] = {}


class MatrixEntry(Overrides):
    """Runs of one task: the product of all its lists. Lists left out mean all, or the defaults above."""

    task: Task
    datasets: list[DatasetName] | None = Field(None, description="null: every dataset with an experiment")
    horizons: list[Horizon] | None = Field(None, description="null: all of the experiment")
    mask_ratios: list[MaskRatio] | None = Field(None, description="null: all of the experiment")
    architectures: list[Architecture] | None = None
    top: list[bool] | None = None
    seeds: list[Seed] | None = None
    protocol: Protocol | None = None

    @model_validator(mode="after")
    def _own_setting(self) -> MatrixEntry:
        for task, (_, plural) in SETTING_OF_TASK.items():
            if task != self.task and getattr(self, plural) is not None:
                raise ValueError(f"{plural} does not apply to {self.task}")
        return self


@cache
def _authors_experiments() -> dict[str, Any]:
    text = files("specar.config").joinpath("experiments.yaml").read_text(encoding="utf-8")
    experiments: dict[str, Any] = yaml.safe_load(text)
    return experiments


def default_experiments() -> dict[Task, dict[str, Experiment]]:
    """The authors' hyper-parameters, as their scripts pass them."""
    return {
        task: {name: Experiment.model_validate(entry) for name, entry in entries.items()}  # type: ignore[misc]
        for task, entries in _authors_experiments().items()
    }


class Config(Overrides):
    """Everything that a configuration file can say. The defaults are the paper in full."""

    note: str | None = Field(None, description="printed with every table, for results that need a caution")
    results: str = Field("results", description="folder of everything that is produced")
    matrix: list[MatrixEntry] = Field(
        default_factory=lambda: [
            MatrixEntry(task="long_term_forecast"),
            MatrixEntry(task="imputation"),
        ],
        min_length=1,
        description="the runs",
    )
    architectures: list[Architecture] = Field(["paper", "released"], min_length=1)
    top: list[bool] = Field([False, True], min_length=1, description="without and with TOP")
    seeds: list[Seed] = Field([1, 2, 3], min_length=1)
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
