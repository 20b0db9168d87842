"""What one run can be told: model, training and execution settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from specar.base.later import Later
from specar.base.names import FolderName, Mirror
from specar.base.strict import Strict
from specar.config.tasks import TASK_INFO

if TYPE_CHECKING:
    Task = str
else:
    Task = Literal[tuple(TASK_INFO)]
Protocol = Literal["published", "strict"]
Precision = Literal["fp32", "tf32", "bf16"]
AnyPrecision = Precision | Literal["auto"]  # as a configuration says it


class TrainingConfig(Strict):
    """Optimisation settings; they are part of a run's identity."""

    learning_rate: float = Field(1e-3, gt=0)
    batch_size: int = Field(32, ge=1, le=1_000_000)
    epochs: int = Field(10, ge=1, le=100_000)
    patience: int = Field(
        5, ge=1, le=100_000, description="epochs without a better selection score before stopping"
    )
    clip_norm: float | None = Field(None, gt=0, description="largest norm of the gradient; null: no limit")
    precision: Precision = Field("fp32", description="tf32 needs CUDA; bf16 is autocast")
    schedule: Annotated[Literal["constant", "halve"], Later("constant")] = Field(
        "constant", description="of the learning rate; halve: half of it after every epoch"
    )


class TaskSettings(Strict):
    """How a task cuts its examples and scores them; what it does not use stays null."""

    history: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="short_term_forecast: training cuts lie in the last history x horizon steps",
    )
    train_stride: int | None = Field(
        None, ge=1, le=1_000_000, description="anomaly_detection: steps between training windows; null: 1"
    )
    test_stride: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="anomaly_detection: steps between test windows; null: the training stride (published), "
        "the window (strict)",
    )
    anomaly_ratio: float | None = Field(
        None, gt=0, lt=100, description="anomaly_detection: percent of scores above the threshold; null: 1"
    )
    threshold: Annotated[Literal["three_sigma"] | None, Later(None)] = Field(
        None,
        description="anomaly_detection, strict: three_sigma: mean + 3 standard deviations of the held-out "
        "training scores; null: their percentile by anomaly_ratio, which the authors chose on the test part",
    )
    val_from: Literal["test", "train"] | None = Field(
        None,
        description="anomaly_detection, published: where selection looks, the test part or the last "
        "val_share of the training part, which is trained on as well; null: test",
    )
    case_norm: bool | None = Field(
        None,
        description="classification, published: scale every case once more, as the authors do for "
        "EthanolConcentration; null: false",
    )
    val_share: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="classification, anomaly_detection: share of the training part held out for selection "
        "(strict); null: 0.2",
    )


def _device(name: Any) -> Any:
    if isinstance(name, str) and (numbered := re.fullmatch(r"cuda:(\d+)", name)):
        raise ValueError(f"a GPU is chosen by execution.gpus: [{numbered[1]}], beside device: cuda")
    return name


def _gpu(gpu: Any) -> Any:
    number = isinstance(gpu, int) and not isinstance(gpu, bool) and 0 <= gpu < 1000
    names = r"[0-9]{1,3}|(GPU|MIG)-[0-9A-Za-z/-]{1,80}"
    if not number and not (isinstance(gpu, str) and re.fullmatch(names, gpu)):
        shown = f"{gpu!r:.60}"
        raise ValueError(f"{shown} is no GPU; give its number or its UUID, as 'nvidia-smi -L' prints them")
    return int(gpu) if str(gpu).isdigit() else gpu


def _distinct(gpus: list[int | str] | None) -> list[int | str] | None:
    if gpus is not None and len(set(gpus)) < len(gpus):
        raise ValueError(f"a GPU is named twice in {gpus}")
    return gpus


GpuId = Annotated[int | str, BeforeValidator(_gpu)]


class Execution(Strict):
    """How a run is carried out; not part of its identity."""

    device: Annotated[Literal["auto", "cpu", "cuda"], BeforeValidator(_device)] = Field(
        "auto",
        description="auto (a GPU where there is one, otherwise the CPU), cpu, or cuda (a GPU or an error)",
    )
    gpus: Annotated[list[GpuId] | None, Field(min_length=1), AfterValidator(_distinct)] = Field(
        None, description="ids (or UUIDs) of the GPUs to use, as nvidia-smi numbers them; null: all there are"
    )
    jobs_per_gpu: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = Field(
        "auto",
        description="runs that share a GPU at a time; auto: by the memory and the time of it that each takes",
    )
    threads: int = Field(2, ge=1, le=1024, description="CPU threads of a training job")
    eval_batch_size: int = Field(
        256, ge=1, le=1_000_000, description="windows per evaluation batch; changes metrics by rounding only"
    )
    cuda_graphs: bool = Field(
        False,
        description="start all operations of a training step on a GPU at once: for small models, which "
        "wait for them; the same results",
    )
    mix_first: bool = Field(
        True,
        description="SpecAR-Net mixes the channels of a series before the transform, where that takes fewer "
        "multiply-adds; false: it always convolves planes; changes metrics by rounding only",
    )
    keep_weights: bool = Field(False, description="keep the best weights as weights.pt beside the record")
    container: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="image that jobs run in with 'snakemake --sdm apptainer', a file (apptainer build "
        "specar.sif envs/specar.def) or a URL; null: none, as no image is published",
    )


class DataConfig(Strict):
    """Where datasets come from and where they are kept."""

    dir: FolderName = Field("results/data", description="folder of downloaded and prepared data")
    mirror: Mirror | None = Field(
        None,
        description="folder (from the working folder, else that of the project) or base URL with the files, "
        "tried before the upstream URLs",
    )
