"""Work that a SpecAR-Net needs per example, from its settings and the sizes of its data.

Nothing is built and nothing heavy imported: ``specar status`` asks for hundreds of models.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from specar.models.shape import SeriesShape, Work
from specar.models.specar.config import SpecARConfig, bins_of, frames_of, wavelet_reach

_KERNEL = 3  # steps and bins of a dilated kernel
_EDGE = 1 << 23  # values of the matrices for both ends of a series: planes need none


def work(config: SpecARConfig, shape: SeriesShape) -> Work:
    """Return the work per example."""
    blocks = 0 if config.backbone == "Embed" else config.e_layers
    return _ends(config, shape) + block_work(config, shape.steps) * blocks


def block_work(config: SpecARConfig, steps: int) -> Work:
    """Return the work of one block on a series of ``steps`` steps."""
    assert config.n_fft is not None  # both are resolved with the configuration
    assert config.sides is not None
    d_model, hop = config.d_model, config.hop_length
    bins = bins_of(config.n_fft, config.sides)
    frames = frames_of(steps, config.n_fft, hop, config.architecture)
    width = _width(config, steps)
    released = config.architecture == "released"
    total, in_planes = Work(0, 0, 0), released
    for inputs, outputs, size, dilation in _convolutions(config):
        mixed = mixed_work(d_model, bins, frames, dilation, width) if _commutes(config) else None
        in_planes |= mixed is None
        total += mixed or _convolution(inputs, outputs, size, dilation, bins, frames, config.backbone)
    if in_planes:  # the basis of the transform is fixed: its gradient is not needed
        spectrum = d_model * 2 * bins * width * frames
        total += Work(spectrum, 2 * spectrum, d_model * 2 * bins * frames)
    if released:  # its gate
        total += learned(d_model * 8 * bins * bins * frames, d_model * 2 * bins * frames)
    if hop > 1:
        total += learned(d_model * frames * steps, d_model * steps)
    return total


def _width(config: SpecARConfig, steps: int) -> int:
    """Taps of the transform."""
    assert config.n_fft is not None
    if config.transform == "stft":
        return config.n_fft
    whole = 2 * wavelet_reach(config.n_fft) + 2
    return whole if config.architecture == "released" else min(whole, 2 * steps)


def _commutes(config: SpecARConfig) -> bool:
    """Whether transform and mixing of channels can change places."""
    linear = config.architecture == "paper" and config.branch == "single" and config.backbone == "MCN"
    return linear and config.hop_length == 1 and config.phase == "frame"


def _convolution(
    inputs: int, outputs: int, size: int, dilation: int, bins: int, frames: int, backbone: str
) -> Work:
    products = inputs * outputs * (2 if backbone == "DCN" else 4)
    places = taps(size, dilation, bins) * taps(size, dilation, frames)
    return learned(products * places, 2 * outputs * bins * frames)


def mixed_work(d_model: int, bins: int, steps: int, dilation: int, width: int) -> Work | None:
    """Work of a branch that mixes channels and then transforms with a basis of ``width`` taps.

    None where a convolution of planes is less work in training, or where frames beyond the ends of the
    series, which have a matrix of their own, would take much memory.
    """
    width, rows = seen(width, dilation, steps), _KERNEL if dilation < bins else 1
    series, columns = 2 * d_model * rows, _KERNEL if dilation < steps else 1
    mixing = learned(d_model * series * taps(_KERNEL, dilation, steps), series * steps)
    transform = d_model * 4 * width * taps(_KERNEL, dilation, bins)  # of a frame
    total = mixing + Work(transform * steps, 2 * transform * steps, 2 * d_model * bins * steps)
    # Steps that only meet zeros are not needed, but are computed: of the mixing, and of a gradient.
    beyond = 3 * d_model * series * columns * width + transform * width
    edge = min(dilation, width // 2) * 4 * bins * rows * min(steps, width // 2 + dilation) * (columns - 1)
    planes = _convolution(d_model, d_model, _KERNEL, dilation, bins, steps, "MCN")
    if edge > _EDGE or total.training + beyond + 2 * d_model * edge > planes.training:
        return None
    return total


def seen(width: int, dilation: int, steps: int) -> int:
    """Taps of a basis that can meet a series, convolved before."""
    return min(width, 2 * (steps + dilation))


def _convolutions(config: SpecARConfig) -> Iterator[tuple[int, int, int, int]]:
    """Input and output channels, kernel size and dilation of every complex convolution of a block."""
    d_model, d_ff = config.d_model, config.d_ff
    if config.architecture == "released":
        yield d_model, d_model, 1, 1
    for dilation in config.dilations or []:
        if config.branch == "bottleneck":
            yield d_model, d_ff, _KERNEL, dilation
            yield d_ff, d_model, _KERNEL, dilation
        else:
            yield d_model, d_model, _KERNEL, dilation


@cache  # the runs of a matrix share a few lengths
def taps(size: int, dilation: int, length: int) -> int:
    """Taps of a kernel that meet a value, over all places of an axis."""
    reach = size // 2
    return sum(max(length - abs(tap) * dilation, 0) for tap in range(-reach, reach + 1))


def learned(products: int, elements: int) -> Work:
    """Of a product of two things that both need a gradient."""
    return Work(products, 3 * products, elements)


def _ends(config: SpecARConfig, shape: SeriesShape) -> Work:
    """Embedding, extension in time, head and TOP head."""
    d_model = config.d_model
    total = ends_work(d_model, shape)
    if config.top and config.architecture == "released":
        half = (d_model + 1) // 2
        total += learned(shape.steps * shape.steps * 3 * half, shape.steps * half)
    elif config.top:
        total += learned(d_model * shape.steps, shape.steps)
    return total


def ends_work(d_model: int, shape: SeriesShape) -> Work:
    """Return the work of embedding, extension in time and head; the gradient of the data is not needed."""
    embedding = shape.seq_len * d_model * (3 * shape.channels + shape.time_features)
    total = Work(embedding, 2 * embedding, shape.seq_len * d_model)
    if shape.pred_len:
        total += learned(d_model * shape.seq_len * shape.steps, d_model * shape.steps)
    outputs = shape.classes or shape.channels
    return total + learned(d_model * shape.steps * outputs, shape.steps * outputs)
