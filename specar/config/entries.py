"""Entries of a configuration: experiments, parts of the matrix, ablations."""

from __future__ import annotations

import copy
import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from specar.base.strict import Strict
from specar.config.key import Setting
from specar.config.settings import AnyPrecision, Protocol, Task, TaskSettings, TrainingConfig
from specar.config.tasks import SETTINGS, TASK_INFO
from specar.data.entries import DatasetName
from specar.models.specar.config import SpecARConfig

Horizon = Annotated[int, Field(ge=1, le=100_000)]
MaskRatio = Annotated[float, Field(gt=0, lt=1)]


Seed = Annotated[int, Field(ge=0, lt=2**32)]
Item = TypeVar("Item")
NonEmpty = Annotated[list[Item], Field(min_length=1, max_length=1000)]


class _Part(Strict):
    model_config = ConfigDict(arbitrary_types_allowed=True)  # a user's own may be of any


@cache
def partial(schema: type[BaseModel], *without: str) -> type[Strict]:
    """Make the model of any part of ``schema``: every field optional, null meaning not given."""
    fields: dict[str, Any] = {}
    for name, field in schema.model_fields.items():
        if name not in without:
            optional = copy.copy(field)
            optional.default, optional.default_factory = None, None
            fields[name] = (Optional[field.annotation], optional)  # noqa: UP045 (the type is not static)
    return create_model(f"{schema.__name__}Overrides", __base__=_Part, __doc__=schema.__doc__, **fields)


if TYPE_CHECKING:
    from specar.config.settings import TaskSettings as TaskOverrides
    from specar.config.settings import TrainingConfig as TrainingOverrides
    from specar.models.specar.config import SpecARConfig as ModelOverrides
else:  # which architecture is said by the entries of models, and top is an axis of the matrix
    ModelOverrides = partial(SpecARConfig, "architecture", "top")

    class TrainingOverrides(partial(TrainingConfig, "precision")):
        """Optimisation settings; they are part of a run's identity."""

        precision: AnyPrecision | None = Field(
            None,
            description="tf32 needs CUDA; bf16 is autocast; auto: bf16 for what specar/config/precision.json "
            "shows it to change by less than the seed does, fp32 for all else",
        )

    TaskOverrides = TaskSettings


class Overrides(Strict):
    """Settings that replace those of the experiment."""

    model: ModelOverrides = Field(
        ModelOverrides(), description="of SpecAR-Net alone; other models have theirs under models"
    )
    training: TrainingOverrides = TrainingOverrides()
    task_settings: TaskOverrides = TaskOverrides()


def _label(label: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?", label):
        raise ValueError(f"{label!r:.60} is no label: up to 40 letters, digits and . _ - between them")
    return label


ModelLabel = Annotated[str, AfterValidator(_label)]


class ModelSettings(Strict):
    """What is set for one model; its settings are checked by the class ``Config`` of its module."""

    settings: dict[str, Any] = Field({}, description="settings of the model, as its module declares them")
    training: TrainingOverrides = TrainingOverrides()


class ModelExperiment(ModelSettings):
    """What an experiment sets for one model."""

    horizons: dict[Horizon, ModelSettings] = Field({}, description="differences per horizon")


class ModelEntry(ModelSettings):
    """A model that can be trained, under a label of its own."""

    module: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
        max_length=200,
        description="module of specar.models or of the working folder, or a dotted path",
    )
    published_as: str | None = Field(
        None, description="what the paper calls it; null: compared with no published number"
    )
    title: str | None = Field(None, max_length=80, description="what tables call it beside its label")

    @field_validator("published_as")
    @classmethod
    def _printed(cls, name: str | None) -> str | None:
        if name is not None and name not in printed_models():
            raise ValueError(f"the paper prints no model {name!r:.60}; it has {', '.join(printed_models())}")
        return name

    @property
    def name(self) -> str:
        """The module, by one name for those of the project."""
        return self.module.removeprefix("specar.models.")

    @property
    def is_specar(self) -> bool:
        """Whether it is SpecAR-Net, with the settings of the authors' scripts."""
        return self.name == "specar"


@cache
def printed_models() -> tuple[str, ...]:
    """Return the models that the paper prints numbers of, as it names them."""
    text = files("specar").joinpath("paper", "published", "models.csv").read_text(encoding="utf-8")
    return tuple(row["model"] for row in csv.DictReader(text.splitlines()))


class Experiment(Overrides):
    """Hyper-parameters of one dataset in one task, with differences per setting and model."""

    seq_len: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="look-back S (imputation, anomaly_detection: the window); null: 96, for "
        "anomaly_detection 100, for short_term_forecast twice the horizon, for classification the longest "
        "series",
    )
    horizons: dict[Horizon, Overrides] = {}
    mask_ratios: dict[MaskRatio, Overrides] = {}
    models: dict[ModelLabel, ModelExperiment] = Field(
        {}, description="differences per model, by label; those of 'any' are for every dataset of the task"
    )

    def settings(self, task: str) -> dict[Setting, Overrides]:
        """What the experiment says per horizon or mask ratio; {None: …} where the task varies neither."""
        plural = TASK_INFO[task].settings
        return {None: Overrides()} if plural is None else getattr(self, plural)

    def of_model(self, label: str, setting: Setting) -> list[ModelSettings]:
        """What the experiment says of one model, later ones over earlier ones."""
        own = self.models.get(label, ModelExperiment())
        return [own, *(said for horizon, said in own.horizons.items() if horizon == setting)]


_OLD_LABELS = {"paper": "specar", "released": "specar-released"}


def renamed(values: Any, key: str) -> Any:
    """Read ``architectures: [paper]`` of older configurations as the labels of models that it means now."""
    if not isinstance(values, dict) or "architectures" not in values:
        return values
    rest = {name: value for name, value in values.items() if name != "architectures"}
    old = values["architectures"]
    labels = [_OLD_LABELS.get(str(one)) for one in old] if isinstance(old, list) else [None]
    if rest.get(key) is not None or None in labels:
        raise ValueError(f"architectures is now called {key}, and lists labels of models; rename it")
    return {**rest, key: labels}


class MatrixEntry(Overrides):
    """Runs of one task: the product of all its lists. Lists left out mean all, or the defaults above."""

    task: Task
    datasets: NonEmpty[DatasetName] | None = Field(
        None,
        description="null: every dataset with an experiment, and every suitable one of your own, but no "
        "joined ones",
    )
    horizons: NonEmpty[Horizon] | None = Field(None, description="null: all of the experiment")
    mask_ratios: NonEmpty[MaskRatio] | None = Field(None, description="null: all of the experiment")
    look_backs: NonEmpty[Horizon] | None = Field(
        None,
        description="long_term_forecast: values of seq_len; null: that of the experiment, and only that is "
        "compared with published numbers",
    )
    models: NonEmpty[ModelLabel] | None = Field(None, description="labels; null: run_models")
    top: NonEmpty[bool] | None = Field(None, description="classification and anomaly_detection have no TOP")
    seeds: NonEmpty[Seed] | None = None
    protocol: Protocol | None = None

    @model_validator(mode="before")
    @classmethod
    def _older(cls, values: Any) -> Any:
        return renamed(values, "models")

    @model_validator(mode="after")
    def _own_setting(self) -> MatrixEntry:
        for plural in SETTINGS:
            if plural != TASK_INFO[self.task].settings and getattr(self, plural) is not None:
                raise ValueError(f"{plural} does not apply to {self.task}")
        if self.look_backs is not None and self.task != "long_term_forecast":
            raise ValueError(f"look_backs does not apply to {self.task}")
        if self.top is not None and True in self.top and not TASK_INFO[self.task].top:
            raise ValueError(f"{self.task} has no TOP; leave top out")
        check_task_settings(self.task, self.task_settings)
        return self


def check_task_settings(task: str, settings: TaskSettings) -> None:
    """Raise ValueError where one is set that the task has not."""
    for name in settings.model_dump(exclude_none=True):
        if name not in TASK_INFO[task].task_settings:
            raise ValueError(f"task_settings.{name} does not apply to {task}")


class Level(Overrides):
    """One level of an ablation: what it changes in all entries, over everything else."""

    models: NonEmpty[ModelLabel] | None = Field(None, description="in place of the entries' models")
    top: bool | None = None
    datasets: NonEmpty[DatasetName] | None = Field(None, description="in place of the entries' datasets")

    @model_validator(mode="before")
    @classmethod
    def _older(cls, values: Any) -> Any:
        return renamed(values, "models")


def _level(label: str) -> str:
    if not label.strip() or any(sign in label for sign in "\n\t{}") or len(label) > 80:
        raise ValueError("the name of a level has 1 to 80 signs, no braces and no line ends")
    if label.startswith(".") or label.endswith(("/", "/.")):
        raise ValueError(f"{label!r} is no name of a level: it starts with '.' or ends as a folder does")
    return label


Label = Annotated[str, AfterValidator(_level)]
AblationName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=60)]


class Ablation(Strict):
    """One factor of the model or its training: every level of it, with everything else equal."""

    title: str
    question: str = Field(description="what the ablation answers, in a sentence")
    source: str | None = Field(None, description="where the paper has it")
    axis: str | None = Field(
        None, description="what the names of the levels are where they are numbers; drawn as a curve"
    )
    entries: NonEmpty[MatrixEntry] = Field(description="what to run, as in the matrix")
    levels: Annotated[dict[Label, Level], Field(min_length=2)]
