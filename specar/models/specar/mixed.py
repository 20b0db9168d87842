"""A branch that mixes the channels of the series first, and transforms what comes of it.

The transform treats all channels alike, so that it commutes with what mixes them: the plane of an output
channel is a sum over the three rows of the kernel, of the transform of a series, shifted by the row; and that
series is the input convolved along time. Channels are mixed once per step, in place of once per step and bin.

Frames outside of the series are zero to the convolution of planes, and not to the transform of what is mixed:
what these add to the first and the last steps is taken off again.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from specar.models.specar.complex_conv import ComplexConv2d
from specar.models.specar.taps import AT_ONCE, Taps, make_taps, met, rounded
from specar.models.specar.transform import TimeFrequency
from specar.models.specar.work import seen

_KEPT = 1 << 24  # values, of taps of other lengths of the series


def mean_of_mixed(x: Tensor, conv: ComplexConv2d, transform: TimeFrequency) -> Tensor:
    """Mean over F of the ReLU of what ``conv`` makes of the transform of (T, B, M): (T, 2, B, C).

    A NaN also reaches up to three steps beyond the frames that it is in.
    """
    a, b = conv.real.weight, conv.imag.weight  # (C, M, 3, 3)
    bias_r, bias_i = conv.real.bias, conv.imag.bias
    assert bias_r is not None
    assert bias_i is not None
    rows, sides = met(conv.dilation, transform.bins), met(conv.dilation, len(x))
    own = [slice(one.start + 1, one.stop + 1) for one in (rows, sides)]
    kernel = torch.stack([a, b])[..., own[0], own[1]].permute(4, 2, 3, 0, 1).flatten(2)  # (sides, M, S * C)
    bias = torch.stack([bias_r - bias_i, bias_r + bias_i]).unsqueeze(1)  # (2, 1, C)
    basis = transform.basis_of(x.permute(1, 2, 0))  # before its dtype is that of autocast
    kind = x.device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        x, kernel, bias = (one.to(torch.get_autocast_dtype(kind)) for one in (x, kernel, bias))
    inputs = x, kernel, bias, _taps_of(x, basis, conv.dilation, transform.kept)
    if torch.is_grad_enabled() and any(one.requires_grad for one in inputs[:3]):
        return cast(Tensor, cast(Any, _Mixed).apply(*inputs))
    return _planes(*inputs).mean(dim=2)


def _taps_of(x: Tensor, basis: Tensor, dilation: int, kept: dict[Any, Taps]) -> Taps:
    key = (len(x), dilation, x.dtype, x.device)
    taps = kept.get(key)
    if taps is None:
        width = seen(basis.shape[1], dilation, len(x))
        start = basis.shape[1] // 2 - width // 2
        with torch.inference_mode(False):  # else they could not be used for training later
            taps = make_taps(basis[:, start : start + width].to(x), dilation, len(x))
        if sum(one.size for one in kept.values()) > _KEPT:
            for other in [one for one in kept if one[0] != len(x)]:
                del kept[other]
        kept[key] = taps
    return taps


class _Mixed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, bias: Tensor, taps: Taps) -> Tensor:
        planes = _planes(x, kernel, bias, taps)
        ctx.taps = taps
        ctx.save_for_backward(x, kernel, bias, planes.bool())
        return planes.mean(dim=2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, kernel, bias, positive = ctx.saved_tensors
        if torch.is_grad_enabled():  # to be differentiated again
            means = _planes(x, kernel, bias, ctx.taps).mean(dim=2)
            needs = ctx.needs_input_grad
            wanted = [one for one, needed in zip((x, kernel, bias), needs, strict=False) if needed]
            found = iter(torch.autograd.grad(means, wanted, gradient, create_graph=True))
            return tuple(next(found) if needed else None for needed in needs)
        return (*_gradients(x, kernel, positive, gradient, ctx.taps), None)


def _planes(x: Tensor, kernel: Tensor, bias: Tensor, taps: Taps) -> Tensor:
    """The planes that the branch makes of (T, B, M), after its ReLU: (T, 2, F, B, C)."""
    steps, examples = x.shape[:2]
    mixed = _series_first(_sides(x, taps) @ kernel.flatten(0, 1), taps.series)
    planes = _products(taps.forward, mixed)[:steps]  # (T, 2F, B * C)
    for edge in taps.edges:
        outside = _series_first(x[edge.steps] @ kernel[edge.side], taps.series).flatten(0, 1)
        planes[edge.frames].view(len(edge.taps), mixed.shape[-1]).addmm_(edge.taps, outside, alpha=-1)
    bins, channels = planes.shape[1] // 2, bias.shape[-1]
    planes = planes.view(steps, 2, bins, examples * channels).add_(bias.repeat(1, 1, examples)).relu_()
    return planes.view(steps, 2, bins, examples, channels)


def _gradients(
    x: Tensor, kernel: Tensor, positive: Tensor, gradient: Tensor, taps: Taps
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of x, kernel and bias from that of the means (T, 2, B, C)."""
    (steps, examples, channels), width = x.shape, taps.width
    outputs = kernel.shape[-1] // taps.series
    padded = gradient.new_empty(rounded(taps.steps) + width - 1, *positive.shape[1:])  # of planes
    padded[: width - 1] = 0
    padded[width - 1 + steps :] = 0
    planes = padded[width - 1 :][:steps].copy_(positive.view(torch.uint8))
    planes *= (gradient / positive.shape[2]).contiguous().unsqueeze(2)
    of_series = _products(taps.backward, padded.flatten(1, 2).flatten(2))[: taps.steps]
    of_mixed = _examples_first(of_series, examples, outputs)
    of_kernel = (_sides(x, taps).flatten(0, 1).T @ of_mixed.flatten(0, 1)).view(kernel.shape)
    of_values = (of_mixed @ kernel.flatten(0, 1).T).chunk(len(kernel), dim=-1)  # (steps, B, M) each
    of_x = x.new_zeros(taps.steps + 2 * taps.sides[-1], examples, channels)
    for side, part in zip(taps.sides, of_values, strict=True):
        of_x[side - taps.sides[0] :][: taps.steps] += part
    of_x = of_x[width // 2 - taps.sides[0] :][:steps]
    for edge in taps.edges:  # what was taken off
        outside = edge.taps.T @ planes[edge.frames].view(len(edge.taps), examples * outputs)
        outside = outside.unflatten(0, (len(outside) // taps.series, taps.series))
        part = _examples_first(outside, examples, outputs)
        of_kernel[edge.side] -= x[edge.steps].flatten(0, 1).T @ part.flatten(0, 1)
        of_x[edge.steps] -= part @ kernel[edge.side].T
    exact = torch.promote_types(x.dtype, torch.float32)
    of_bias = planes.sum(dim=2).sum(dim=(0, 2), dtype=exact).unsqueeze(1).to(x.dtype)
    return of_x, of_kernel, of_bias


def _sides(x: Tensor, taps: Taps) -> Tensor:
    """What the sides of a kernel meet, for every step that a frame needs: (steps, B, sides * M)."""
    before, after = taps.width // 2 - taps.sides[0], taps.steps - len(x) + taps.sides[-1]
    padded = nn.functional.pad(x, (0, 0, 0, 0, before, after))
    return torch.cat([padded[side - taps.sides[0] :][: taps.steps] for side in taps.sides], dim=-1)


def _series_first(mixed: Tensor, series: int) -> Tensor:
    """(steps, B, S * C) to (steps, S, B * C)."""
    steps, examples, channels = mixed.shape
    parts = mixed.view(steps, examples, series, channels // series)
    return parts.transpose(1, 2).reshape(steps, series, examples * channels // series)


def _examples_first(mixed: Tensor, examples: int, channels: int) -> Tensor:
    """The way back."""
    steps, series, _ = mixed.shape
    parts = mixed.view(steps, series, examples, channels)
    return parts.transpose(1, 2).reshape(steps, examples, series * channels)


def _products(taps: Tensor, series: Tensor) -> Tensor:
    """Staggered taps (AT_ONCE * rows, width * S) times every stretch of (steps, S, N): (count, rows, N)."""
    steps, columns, size = series.shape
    blocks = (steps - taps.shape[1] // columns) // AT_ONCE + 1
    # Stretches overlap, which the operands of a batch of products may.
    stretches = series.contiguous().as_strided(
        (blocks, taps.shape[1], size), (AT_ONCE * columns * size, size, 1)
    )
    rows = len(taps) // AT_ONCE
    return torch.bmm(taps.expand(blocks, -1, -1), stretches).view(blocks * AT_ONCE, rows, size)
