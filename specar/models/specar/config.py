"""The settings of SpecAR-Net, and sizes that follow from them. Imports nothing heavy."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from specar.base.later import Later
from specar.base.strict import Strict

Architecture = Literal["paper", "released"]
Backbone = Literal["MCN", "DCN", "Embed"]
Transform = Literal["stft", "cwt"]
Window = Literal["hanning", "hamming", "rectangle", "blackman", "triang"]

OMEGA = 6.0  # radians per scale of a wavelet: the usual choice, with about 3 periods within two scales
SUPPORT = 4.0  # scales to either side, beyond which a kernel is cut off: its envelope is down to 3e-4
# What the two definitions of the model choose differently. The paper does not print its TOP weight: 0.05 / 2
# on the mean over a batch is as strong as the released 0.001 on the sum over a batch of 25.
_ARCHITECTURE_DEFAULTS: dict[str, dict[str, Any]] = {
    "paper": {"sides": "one", "branch": "single", "residual": True, "norm": "block", "top_weight": 0.05},
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


def bins_of(n_fft: int, sides: str) -> int:
    """Return the number F of frequencies: n_fft // 2 + 1 of ``one`` side, n_fft of ``two``."""
    return n_fft // 2 + 1 if sides == "one" else n_fft


def frames_of(steps: int, n_fft: int, hop_length: int, style: Architecture) -> int:
    """Return the number of frames of a series of ``steps`` steps."""
    if style == "released":
        return (steps - n_fft % 2) // hop_length + 1
    return -(-steps // hop_length)


def wavelet_reach(n_fft: int) -> int:
    """Return how many steps the longest wavelet reaches to either side of a frame's centre."""
    return math.ceil(SUPPORT * (OMEGA * n_fft / (2 * math.pi)))


class SpecARConfig(Strict):
    """SpecAR-Net's hyper-parameters; settings left at null follow ``architecture``."""

    architecture: Architecture = Field(
        "paper", description="the paper's equations, or the authors' released code"
    )
    backbone: Backbone = Field("MCN", description="complex convolutions, dual channel, or embedding only")
    d_model: int = Field(64, ge=1, le=8192, description="channels M of the embedding")
    d_ff: int = Field(64, ge=1, le=8192, description="channels inside a bottleneck branch")
    e_layers: int = Field(2, ge=1, le=64, description="number L of blocks")
    conv_layers: int = Field(3, ge=1, le=64, description="number K of parallel branches")
    dilations: list[Annotated[int, Field(ge=1, le=100_000)]] | None = Field(
        None,
        max_length=64,
        description="dilation per branch; null: 1, 3, 5, … (paper), 1, 2, 3, … (released)",
    )
    transform: Annotated[Transform, Later("stft")] = Field(
        "stft",
        description="short-time Fourier transform, or continuous wavelet transform (complex Morlet) at the "
        "frequencies that n_fft gives the STFT; it has no window",
    )
    window: Window = Field("hamming", description="window function of the STFT")
    window_length: int = Field(
        16, ge=2, le=16_384, description="window length in time steps, also beyond the series"
    )
    n_fft: int | None = Field(None, ge=2, le=16_384, description="DFT length; null: the window length")
    hop_length: int = Field(1, ge=1, le=100_000, description="time steps between frames")
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
    top_from_epoch: int = Field(
        1, ge=1, le=100_000, description="first epoch with the TOP loss, counted from 1"
    )

    @model_validator(mode="before")
    @classmethod
    def _follow_architecture(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        defaults = _ARCHITECTURE_DEFAULTS.get(str(values.get("architecture", "paper")), {})
        given = {key: value for key, value in values.items() if value is not None}
        return {**defaults, **given}

    @model_validator(mode="after")
    def _resolve(self) -> SpecARConfig:
        """Fill in what follows from other settings, so that a record says it and equal runs are equal."""
        if self.n_fft is None:
            object.__setattr__(self, "n_fft", self.window_length)
        if self.dilations is None:
            object.__setattr__(self, "dilations", default_dilations(self.conv_layers, self.architecture))
        return self

    @model_validator(mode="after")
    def _consistent(self) -> SpecARConfig:
        if self.n_fft is not None and self.n_fft < self.window_length:
            raise ValueError(f"n_fft {self.n_fft} is shorter than window_length {self.window_length}")
        expected = len(default_dilations(self.conv_layers, self.architecture))
        if self.dilations is not None and len(self.dilations) != expected:
            raise ValueError(f"dilations needs {expected} values, got {self.dilations}")
        return self
