"""The SpecAR block (Section 3.1 and Figure 1 of the paper)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal, cast

import torch
from torch import Tensor, nn

from specar.models.specar.complex_conv import ComplexConv2d
from specar.models.specar.config import default_dilations
from specar.models.specar.mixed import mean_of_mixed
from specar.models.specar.planes import mean_of_positive
from specar.models.specar.spectrogram import Spectrogram
from specar.models.specar.transform import TimeFrequency
from specar.models.specar.wavelet import Scalogram
from specar.models.specar.work import mixed_work


class SpecARBlock(nn.Module):
    """Time-frequency block (B, T, M) to (B, T, M): transform, parallel complex convolutions, aggregation.

    A plain module for any network; the defaults follow the paper. Settings are those of
    `specar.models.specar.config.SpecARConfig`. ``architecture="released"`` computes the function of the
    authors' code: another style of the transform, a gate between the transform and the convolutions, and a
    1x1 first branch, with other defaults of ``dilations``, ``sides``, ``branch`` and ``residual``. ``d_ff``
    is d_model if left out. ``steps`` is the series length T, needed only when ``hop_length`` > 1, where a
    linear map over time brings the frames back to T steps.
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int | None = None,
        *,
        architecture: Literal["paper", "released"] = "paper",
        backbone: Literal["MCN", "DCN"] = "MCN",
        conv_layers: int = 3,
        dilations: Sequence[int] | None = None,
        transform: Literal["stft", "cwt"] = "stft",
        window: str = "hamming",
        window_length: int = 16,
        n_fft: int | None = None,
        hop_length: int = 1,
        sides: Literal["one", "two"] | None = None,
        phase: Literal["frame", "absolute"] = "frame",
        branch: Literal["single", "bottleneck"] | None = None,
        residual: bool | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(d_model, int) or d_model < 1:
            raise ValueError(f"d_model must be a whole number of at least 1, got {d_model!r}")
        self.d_model = d_model
        for name, value, allowed in (
            ("architecture", architecture, ("paper", "released")),
            ("backbone", backbone, ("MCN", "DCN")),
            ("transform", transform, ("stft", "cwt")),
            ("branch", branch, (None, "single", "bottleneck")),
        ):
            if value not in allowed:
                known = ", ".join(map(str, allowed))
                raise ValueError(f"{name} must be one of {known}, got {value!r}")
        released = architecture == "released"
        self.gated = released
        self.residual = not released if residual is None else residual
        sides = sides or ("two" if released else "one")
        self.spectrogram: TimeFrequency
        if transform == "cwt":
            self.spectrogram = Scalogram(n_fft or window_length, hop_length, sides, architecture, phase)
        else:
            self.spectrogram = Spectrogram(
                window, window_length, n_fft, hop_length, sides, architecture, phase
            )
        branch = branch or ("bottleneck" if released else "single")
        bottleneck = (d_ff or d_model) if branch == "bottleneck" else 0
        dilations = _dilations(dilations, conv_layers, released)
        self.branches = nn.ModuleList(_branches(d_model, bottleneck, dilations, released, backbone == "DCN"))
        self.mix_first = True  # where that takes fewer multiply-adds
        self.to_real = nn.Linear(2, 1)  # Eq. 4: (Re, Im) of an element to one real value
        self.to_steps: nn.Linear | None = None
        if hop_length > 1:
            if steps is None:
                raise ValueError("a block with hop_length > 1 needs the number of steps")
            self.to_steps = nn.Linear(self.spectrogram.frames(steps), steps)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block on (B, T, M); returns the same shape. `ValueError`: M is not d_model."""
        if x.dim() != 3 or x.shape[-1] != self.d_model:
            raise ValueError(
                f"a block with d_model={self.d_model} takes (B, T, {self.d_model}), got {tuple(x.shape)}"
            )
        first = [self._mixes_first(branch, x) for branch in self.branches]
        # One by one, so that never all branches are in memory. Means commute with the linear map of Eq. 4.
        mean = torch.stack(list(self._means(x, first))).mean(dim=0)
        features = self.to_real(mean.movedim(1, -1).contiguous()).squeeze(-1)
        if any(first):
            features = features.permute(1, 2, 0)  # (B, M, frames)
        if self.to_steps is not None:
            features = self.to_steps(features)
        features = features[..., : x.shape[1]].transpose(1, 2)  # (B, T, M)
        return features + x if self.residual else features  # Eq. 2

    def _means(self, x: Tensor, first: list[bool]) -> Iterator[Tensor]:
        """Of every branch the mean over F of what it makes of (B, T, M).

        (frames, 2, B, M) where any branch mixes ``first``, otherwise (B, 2, M, frames): as it lies in memory.
        """
        series, planes = x.transpose(0, 1).contiguous(), None  # (T, B, M)
        for branch, mixes in zip(self.branches, first, strict=True):
            if mixes:
                yield mean_of_mixed(series, cast(ComplexConv2d, branch), self.spectrogram)
            else:
                planes = self._planes(x) if planes is None else planes
                mean = mean_of_positive(branch(planes), overwrite=_is_unseen(branch)).unflatten(1, (2, -1))
                yield mean.permute(3, 1, 0, 2) if any(first) else mean

    def _mixes_first(self, branch: nn.Module, x: Tensor) -> bool:
        """Whether a branch is linear in the series, no hook of its own looks on, and it is less work."""
        transform = self.spectrogram
        if not self.mix_first or self.gated or type(transform) not in (Spectrogram, Scalogram):
            return False
        if transform.style != "paper" or transform.rotated or transform.hop_length > 1:
            return False
        if type(branch) is not ComplexConv2d or branch.dual_channel or _hooked(branch, transform):
            return False
        width = transform.basis_of(x.transpose(1, 2)).shape[1]
        return mixed_work(self.d_model, transform.bins, x.shape[1], branch.dilation, width) is not None

    def features(self, x: Tensor) -> Tensor:
        """What the branches make of (B, T, M), their mean: (B, 2M, F, frames), real parts first."""
        planes = self._planes(x)
        return torch.stack([nn.functional.relu(branch(planes)) for branch in self.branches]).mean(dim=0)

    def _planes(self, x: Tensor) -> Tensor:
        """What goes into the branches, (B, 2M, F, frames), the real parts first; channels last in memory."""
        spectrum = self.spectrogram(x.transpose(1, 2))  # (B, M, 2, F, frames)
        if self.gated:
            spectrum = gate(spectrum)
        return spectrum.transpose(1, 2).flatten(1, 2).contiguous(memory_format=torch.channels_last)


def _dilations(given: Sequence[int] | None, conv_layers: int, released: bool) -> list[int]:
    if conv_layers < 1:
        raise ValueError(f"conv_layers must be at least 1, got {conv_layers}")
    default = default_dilations(conv_layers, "released" if released else "paper")
    if given is not None and (len(given) != len(default) or min(given, default=1) < 1):
        raise ValueError(f"dilations needs {len(default)} values of at least 1, got {list(given)}")
    return default if given is None else list(given)


def _branches(
    d_model: int, bottleneck: int, dilations: Sequence[int], pointwise: bool, dual_channel: bool
) -> list[nn.Module]:
    """Parallel branches: optionally a 1x1 one, then one per dilation; ``bottleneck`` 0 means single."""

    conv = partial(ComplexConv2d, dual_channel=dual_channel)
    branches: list[nn.Module] = [conv(d_model, d_model, 1, 1)] if pointwise else []
    for dilation in dilations:
        if bottleneck:
            down, up = conv(d_model, bottleneck, 3, dilation), conv(bottleneck, d_model, 3, dilation)
            branches.append(nn.Sequential(down, up))
        else:
            branches.append(conv(d_model, d_model, 3, dilation))
    return branches


def _is_unseen(branch: nn.Module) -> bool:
    """Whether nobody else holds what a branch gives: it is a convolution's, and no hook has seen it."""
    layers = list(branch) if isinstance(branch, nn.Sequential) else [branch]
    return isinstance(layers[-1], ComplexConv2d) and not _hooked(branch, *layers)


def _hooked(*modules: nn.Module) -> bool:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(module, kind) for module in modules for kind in kinds)


def gate(spectrum: Tensor) -> Tensor:
    """The released code's step between transform and convolutions, (B, M, 2, F, T) to the same.

    Per channel on the complex F x T matrix Z: Q = Z Zᵀ without conjugation, a sigmoid on Re Q and
    on Im Q, and Z becomes Q Z. Two real products do the work of the eight.
    """
    bins = spectrum.shape[-2]
    stacked = spectrum.flatten(-3, -2)  # (B, M, 2F, T)
    products = stacked @ stacked.transpose(-1, -2)  # all products of Re and Im with each other
    rr, ri = products[..., :bins, :bins], products[..., :bins, bins:]
    ir, ii = products[..., bins:, :bins], products[..., bins:, bins:]
    real, imag = torch.sigmoid(rr - ii), torch.sigmoid(ri + ir)
    rows = torch.cat([torch.cat([real, -imag], dim=-1), torch.cat([imag, real], dim=-1)], dim=-2)
    return (rows @ stacked).unflatten(-2, (2, bins))
