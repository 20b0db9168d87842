"""Work that a SpecAR-Net needs per example, counted from its modules."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from specar.models.base import SeriesShape
from specar.models.block import SpecARBlock
from specar.models.complex_conv import ComplexConv2d
from specar.models.specar_net import SpecARNet


@dataclass(frozen=True)
class Work:
    """Work per example.

    Attributes
    ----------
    forward, training
        Multiply-adds of a forward pass, and of one with its gradients. Products with the zeros that pad a
        convolution are not needed and not counted; the four real products of a complex one are.
    elements
        Values (real numbers) that the blocks hold between their steps in a forward pass.
    """

    forward: int
    training: int
    elements: int

    def __add__(self, other: Work) -> Work:
        return Work(
            self.forward + other.forward, self.training + other.training, self.elements + other.elements
        )

    def __mul__(self, number: int) -> Work:
        return Work(self.forward * number, self.training * number, self.elements * number)


def work_of(model: SpecARNet) -> Work:
    """Return the work of a model per example; it may live on the meta device."""
    shape = model.shape
    total = _ends(model.config.d_model, shape)
    for block in model.blocks:
        assert isinstance(block, SpecARBlock)
        total += block_work(block, model.config.d_model, shape.steps)
    return total


def block_work(block: SpecARBlock, d_model: int, steps: int) -> Work:
    """Return the work of a block on a series of ``steps`` steps."""
    bins, frames = block.spectrogram.bins, block.spectrogram.frames(steps)
    # The basis of the transform is fixed: its gradient is not needed.
    spectrum = d_model * 2 * bins * block.spectrogram.basis.shape[-1] * frames
    total = Work(spectrum, 2 * spectrum, d_model * 2 * bins * frames)
    if block.gated:
        total += _learned(d_model * 8 * bins * bins * frames, d_model * 2 * bins * frames)
    for conv in block.branches.modules():
        if isinstance(conv, ComplexConv2d):
            products = conv.real.weight.shape[0] * conv.real.weight.shape[1]
            products *= 2 if conv.dual_channel else 4
            taps = _taps(conv, bins) * _taps(conv, frames)
            total += _learned(products * taps, 2 * conv.real.weight.shape[0] * bins * frames)
    if block.to_steps is not None:
        total += _learned(d_model * frames * steps, d_model * steps)
    return total


def _taps(conv: ComplexConv2d, length: int) -> int:
    """Taps that meet a value, over all places of an axis."""
    reach = conv.real.kernel_size[0] // 2
    return sum(max(length - abs(tap) * conv.dilation, 0) for tap in range(-reach, reach + 1))


def _learned(products: int, elements: int) -> Work:
    """Of a product of two things that both need a gradient."""
    return Work(products, 3 * products, elements)


def _ends(d_model: int, shape: SeriesShape) -> Work:
    """Embedding, extension in time and head; the gradient of the data is not needed."""
    embedding = shape.seq_len * d_model * (3 * shape.channels + shape.time_features)
    total = Work(embedding, 2 * embedding, shape.seq_len * d_model)
    if shape.pred_len:
        total += _learned(d_model * shape.seq_len * shape.steps, d_model * shape.steps)
    outputs = shape.classes or shape.channels
    return total + _learned(d_model * shape.steps * outputs, shape.steps * outputs)


def modules_of(model: nn.Module) -> SpecARNet:
    """Return a model as a SpecAR-Net.

    Raises
    ------
    TypeError
        It is another one: what that needs is not known.
    """
    if not isinstance(model, SpecARNet):
        raise TypeError(f"the work of {type(model).__name__} is not known")
    return model
