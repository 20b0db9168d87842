"""What the first SpecAR block of a model sees and makes of a series, to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from specar.models.specar.block import SpecARBlock


@dataclass(frozen=True)
class BlockView:
    """Two maps over frequency and time: bin f is f / n_fft in cycles per step, frame t centred on t * hop."""

    spectrogram: Tensor  # (F, frames), modulus of the block's transform (Eq. 5) of a series
    # (F, frames), modulus of what its convolutions give (Eq. 7 after the activation), the mean over branches,
    # then over channels; before the mean over F.
    features: Tensor
    transform: str  # "spectrogram" or "scalogram"
    n_fft: int
    hop_length: int


def view_first_block(model: nn.Module, run: Callable[[], object], series: Tensor) -> BlockView | None:
    """Look into the first SpecAR block of a model, in evaluation mode; None where it has none.

    ``run`` calls the model with one example, ``series`` (S,) is the channel of it whose spectrogram is
    wanted.
    """
    block = next((module for module in model.modules() if isinstance(module, SpecARBlock)), None)
    if block is None:
        return None
    seen: list[Tensor] = []
    hook = block.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        run()
    finally:
        hook.remove()
    if not seen:
        return None
    transform = block.spectrogram
    real, imag = transform(series.float().view(1, 1, -1)).unbind(dim=2)
    re, im = block.features(seen[0][:1]).float().chunk(2, dim=1)
    return BlockView(
        _modulus(real, imag, len(series), transform.hop_length),
        _modulus(re, im, seen[0].shape[1], transform.hop_length),
        type(transform).__name__.lower(),
        transform.n_fft,
        transform.hop_length,
    )


def _modulus(real: Tensor, imag: Tensor, steps: int, hop_length: int) -> Tensor:
    """Mean modulus over channels, (1, M, F, frames) to (F, frames), of frames that are centred on a step."""
    return torch.hypot(real, imag)[0, ..., : -(-steps // hop_length)].mean(dim=0)
