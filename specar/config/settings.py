"""What one run can be told: model, training and execution settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from specar.base.strict import Strict
from specar.config.later import Later

Task = Literal[
    "long_term_forecast", "short_term_forecast", "imputation", "classification", "anomaly_detection"
]
Architecture = Literal["paper", "released"]
Protocol = Literal["published", "strict"]
Backbone = Literal["MCN", "DCN", "Embed"]
Transform = Literal["stft", "cwt"]
Window = Literal["hanning", "hamming", "rectangle", "blackman", "triang"]
Precision = Literal["fp32", "tf32", "bf16"]


def _folder(name: str) -> str:
    """Expand ~; braces would be wildcards to Snakemake."""
    if not name.strip() or any(character in name for character in "{}\n"):
        raise ValueError("a folder name must not be empty nor contain braces")
    return str(Path(name).expanduser())


FolderName = Annotated[str, AfterValidator(_folder)]

# What the two definitions of the model choose differently. The paper does not print its TOP weight: 0.05 / 2
# on the mean over a batch is as strong as the released 0.001 on the sum over a batch of 25.
_ARCHITECTURE_DEFAULTS: dict[str, dict[str, Any]] = {
    "paper": {
        "sides": "one",
        "branch": "single",
        "residual": True,
        "norm": "block",
        "top_weight": 0.05,
    },
    "released": {
        "sides": "two",
        "branch": "bottleneck",
        "residual": False,
        "norm": "shared",
        "top_weight": 0.001,
    },
}


def default_dilations(conv_layers: int, architecture: Architecture) -> list[int]:
    """Dilation per dilated branch.

    ``paper``: 2k + 1 counted from k = 0 (Eq. 6). ``released``: 1, 2, 3, … for all but the first branch,
    which is a 1x1 convolution.
    """
    if architecture == "released":
        return list(range(1, conv_layers))
    return [2 * k + 1 for k in range(conv_layers)]


class ModelConfig(Strict):
    """SpecAR-Net's hyper-parameters; settings left at null follow ``architecture``."""

    name: str = Field("specar", description="module of specar.models, or a dotted module of your own")
    architecture: Architecture = Field(
        "paper", description="the paper's equations, or the authors' released code"
    )
    backbone: Backbone = Field("MCN", description="complex convolutions, dual channel, or embedding only")
    d_model: int = Field(64, ge=1, description="channels M of the embedding")
    d_ff: int = Field(64, ge=1, description="channels inside a bottleneck branch")
    e_layers: int = Field(2, ge=1, description="number L of blocks")
    conv_layers: int = Field(3, ge=1, description="number K of parallel branches")
    dilations: list[int] | None = Field(
        None, description="dilation per branch; null: 1, 3, 5, … (paper), 1, 2, 3, … (released)"
    )
    transform: Annotated[Transform, Later("stft")] = Field(
        "stft",
        description="short-time Fourier transform, or continuous wavelet transform (complex Morlet) at the "
        "frequencies that n_fft gives the STFT; it has no window",
    )
    window: Window = Field("hamming", description="window function of the STFT")
    window_length: int = Field(16, ge=2, description="window length in time steps, also beyond the series")
    n_fft: int | None = Field(None, ge=2, description="DFT length; null: the window length")
    hop_length: int = Field(1, ge=1, description="time steps between frames")
    sides: Literal["one", "two"] | None = Field(None, description="one- or two-sided spectrum")
    phase: Literal["frame", "absolute"] = Field(
        "frame",
        description="what the phase of a frame refers to: its centre, or time 0 as Eq. 5 is printed (paper)",
    )
    branch: Literal["single", "bottleneck"] | None = Field(
        None, description="one convolution per branch, or M to d_ff to M"
    )
    residual: bool | None = Field(None, description="add the block's input to its output (Eq. 2)")
    norm: Literal["block", "shared", "none"] | None = Field(None, description="LayerNorm between blocks")
    dropout: float = Field(0.1, ge=0, lt=1)
    top: bool = Field(False, description="temporal order preserving head and loss")
    top_weight: float | None = Field(
        None,
        ge=0,
        description="weight of the TOP loss (lambda of Eq. 9); null: 0.05 (paper), 0.001 (released)",
    )
    top_segments: list[Literal["input", "forecast"]] | None = Field(
        None,
        min_length=1,
        description="steps that the released TOP loss is about; null: the task's (imputation: input, "
        "long_term_forecast: forecast, short_term_forecast: both)",
    )
    top_from_epoch: int = Field(1, ge=1, description="first epoch with the TOP loss, counted from 1")
    options: dict[str, Any] = Field(default_factory=dict, description="settings of a model of your own")

    @model_validator(mode="before")
    @classmethod
    def _follow_architecture(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        defaults = _ARCHITECTURE_DEFAULTS.get(values.get("architecture", "paper"), {})
        given = {key: value for key, value in values.items() if value is not None}
        return {**defaults, **given}

    @model_validator(mode="after")
    def _resolve(self) -> ModelConfig:
        """Fill in what follows from other settings, so that a record says it and equal runs are equal."""
        if self.n_fft is None:
            object.__setattr__(self, "n_fft", self.window_length)
        if self.dilations is None:
            object.__setattr__(self, "dilations", default_dilations(self.conv_layers, self.architecture))
        return self

    @model_validator(mode="after")
    def _consistent(self) -> ModelConfig:
        if self.n_fft is not None and self.n_fft < self.window_length:
            raise ValueError(f"n_fft {self.n_fft} is shorter than window_length {self.window_length}")
        expected = len(default_dilations(self.conv_layers, self.architecture))
        if self.dilations is not None and (
            len(self.dilations) != expected or min(self.dilations, default=1) < 1
        ):
            raise ValueError(f"dilations needs {expected} values of at least 1, got {self.dilations}")
        return self


class TrainingConfig(Strict):
    """Optimisation settings; they are part of a run's identity."""

    learning_rate: float = Field(1e-3, gt=0)
    batch_size: int = Field(32, ge=1)
    epochs: int = Field(10, ge=1)
    patience: int = Field(5, ge=1, description="epochs without a better selection score before stopping")
    clip_norm: float | None = Field(None, gt=0, description="largest norm of the gradient; null: no limit")
    precision: Precision = Field("fp32", description="tf32 needs CUDA; bf16 is autocast")


class TaskSettings(Strict):
    """How a task cuts its examples and scores them; what it does not use stays null."""

    history: float | None = Field(
        None, gt=0, description="short_term_forecast: training cuts lie in the last history x horizon steps"
    )
    train_stride: int | None = Field(
        None, ge=1, description="anomaly_detection: steps between training windows; null: 1"
    )
    test_stride: int | None = Field(
        None,
        ge=1,
        description="anomaly_detection: steps between test windows; null: the training stride (published), "
        "the window (strict)",
    )
    anomaly_ratio: float | None = Field(
        None, gt=0, lt=100, description="anomaly_detection: percent of scores above the threshold; null: 1"
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
    number = isinstance(gpu, int) and not isinstance(gpu, bool) and gpu >= 0
    if not number and not (isinstance(gpu, str) and re.fullmatch(r"\d+|(GPU|MIG)-[0-9A-Za-z/-]+", gpu)):
        raise ValueError(f"{gpu!r} is no GPU; give its number or its UUID, as 'nvidia-smi -L' prints them")
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
    jobs_per_gpu: int = Field(
        1, ge=1, description="runs that share a GPU at a time: small models leave most of one idle"
    )
    threads: int = Field(2, ge=1, description="CPU threads of a training job")
    eval_batch_size: int = Field(
        256, ge=1, description="windows per evaluation batch; changes metrics by rounding only"
    )
    keep_weights: bool = Field(False, description="keep the best weights as weights.pt beside the record")


class DataConfig(Strict):
    """Where datasets come from and where they are kept."""

    dir: FolderName = Field("results/data", description="folder of downloaded and prepared data")
    mirror: str | None = Field(
        None, description="folder or base URL with the files, tried before the upstream URLs"
    )
