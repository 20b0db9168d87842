"""Work counted from settings against a hand count and against the modules that are built."""

import pytest
import torch
from torch import nn

from specar.models.shape import SeriesShape, Work
from specar.models.specar.complex_conv import ComplexConv2d
from specar.models.specar.config import SpecARConfig
from specar.models.specar.net import SpecARNet
from specar.models.specar.work import block_work, work


def test_a_block_counted_by_hand():
    """F = 3 bins, 5 frames, M = 2; dilation 1 and, in frequency only with its middle tap, dilation 3."""
    config = SpecARConfig(d_model=2, window_length=4, conv_layers=2, phase="absolute")
    assert config.dilations == [1, 3]
    spectrum = 2 * 2 * 3 * 4 * 5  # channels, real and imaginary, bins, taps, frames
    near = (3 + 2 * 2) * (5 + 2 * 4)  # pairs of taps and places that meet a value
    far = 3 * (5 + 2 * 2)
    convolutions = 4 * 2 * 2 * (near + far)
    expected = Work(spectrum + convolutions, 2 * spectrum + 3 * convolutions, 60 + 2 * 60)
    assert block_work(config, 5) == expected


def test_a_block_that_mixes_first_counted_by_hand():
    """F = 3 bins, 5 frames, M = 8, W = 4; six series per channel, and two of the dilation beyond the bins."""
    config = SpecARConfig(d_model=8, window_length=4, conv_layers=2)
    near, far = 8 * 8 * 6 * (5 + 2 * 4), 8 * 8 * 2 * (5 + 2 * 2)
    transforms = 4 * 4 * 8 * 5 * ((3 + 2 * 2) + 3)
    mixing = near + far
    planes = 2 * 2 * 8 * 3 * 5
    expected = Work(mixing + transforms, 3 * mixing + 2 * transforms, planes + (6 + 2) * 8 * 5)
    assert block_work(config, 5) == expected


@pytest.mark.parametrize("changes", [{}, {"window_length": 64}, {"d_model": 1}])
def test_the_order_that_takes_fewer_products(changes):
    """Beside the same model that cannot mix first, as each of its frames has a phase of its own."""
    config = SpecARConfig(**{"d_model": 8, "window_length": 8, **changes})
    other = SpecARConfig(**{**config.model_dump(), "phase": "absolute"})
    less, more = (block_work(one, 24) for one in (config, other))
    assert less.training < more.training if not changes else less == more


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": "absolute"},
        {"hop_length": 3},
        {"architecture": "released", "d_ff": 3},
        {"architecture": "released", "hop_length": 2, "window_length": 5, "top": True},
        {"backbone": "DCN", "branch": "bottleneck", "d_ff": 6},
        {"transform": "cwt", "top": True},
        {"backbone": "Embed"},
    ],
)
def test_the_modules_agree(changes):
    config = SpecARConfig(**{"d_model": 4, "window_length": 8, "conv_layers": 3, **changes})
    shape = SeriesShape(channels=3, seq_len=24, pred_len=12)
    model = SpecARNet(config, shape)
    expected = sum(products_of(block, config.d_model, shape.steps) for block in model.blocks)
    rest = work(config, shape).forward - expected
    assert rest == linear_products(model, shape)


def products_of(block, d_model, steps):
    """Multiply-adds of a block; those of a convolution are counted by one of ones with ones."""
    bins, frames = block.spectrogram.bins, block.spectrogram.frames(steps)
    total = d_model * block.spectrogram.basis.numel() * frames
    if block.gated:
        total += 2 * d_model * (2 * bins) ** 2 * frames
    for conv in block.branches.modules():
        if isinstance(conv, ComplexConv2d):
            weight = conv.real.weight
            kernel, plane = torch.ones(1, 1, *weight.shape[2:]), torch.ones(1, 1, bins, frames)
            taps = nn.functional.conv2d(plane, kernel, padding=conv.padding, dilation=conv.dilation).sum()
            total += weight[..., 0, 0].numel() * (2 if conv.dual_channel else 4) * int(taps)
    return total + (d_model * block.to_steps.weight.numel() if block.to_steps is not None else 0)


def linear_products(model, shape):
    """Multiply-adds of everything but the blocks, from the weights."""
    d_model = model.config.d_model
    total = shape.seq_len * (model.embedding.value.weight.numel() + model.embedding.time.weight.numel())
    total += d_model * model.extend.weight.numel() + shape.steps * model.head.weight.numel()
    head = model.order_head
    if hasattr(head, "conv"):
        return total + head.conv.weight.numel() * ((d_model + 1) // 2)
    return total + (shape.steps * head.u.weight.numel() if head is not None else 0)
