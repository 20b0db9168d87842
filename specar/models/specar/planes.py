"""Faster equals of what torch does with planes (B, C, F, T): the same values up to rounding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn

# Values that the copies of a part of the batch take at most: few enough to stay in the processor's cache.
_PART = 3 << 19


def convolve(x: Tensor, weight: Tensor, bias: Tensor, dilation: int, groups: int = 1) -> Tensor:
    """Convolve (B, C, F, T) with an odd square kernel (C', C / groups, k, k), zero padded to keep the shape.

    On a CPU the gradient of the kernel is computed by matrix products, which takes about half the time of
    torch's own without AVX-512; in bf16 only where torch is the slower one. It can be differentiated again,
    but not by the transforms of ``torch.func``.
    """
    kernel, reach = weight.shape[-1], dilation * (weight.shape[-1] // 2)
    padding, spread = (reach, reach), (dilation, dilation)
    if kernel == 3 and dilation >= x.shape[-2]:  # other rows of the kernel only meet padding
        weight, padding, spread = weight[:, :, 1:2], (0, reach), (1, dilation)
    if x.device.type == "cpu" and groups == 1 and torch.is_grad_enabled() and weight.requires_grad:
        if torch.is_autocast_enabled("cpu"):
            x, weight, bias = (part.to(torch.get_autocast_dtype("cpu")) for part in (x, weight, bias))
        if x.dtype == weight.dtype:
            return cast(Tensor, cast(Any, _Convolution).apply(x, weight, bias, padding, spread))
    return nn.functional.conv2d(x, weight, bias, padding=padding, dilation=spread, groups=groups)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int], dilation: tuple[int, int]
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding, ctx.dilation = padding, dilation
        return nn.functional.conv2d(x, weight, bias, padding=padding, dilation=dilation)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        settings = ([1, 1], ctx.padding, ctx.dilation, False, [0, 0], 1)  # stride …, not transposed …, groups
        wanted = ctx.needs_input_grad
        # Torch's own where it is to be differentiated again, or where there is nothing to multiply.
        own = wanted[1] and not torch.is_grad_enabled() and x.numel() > 0
        if x.dtype == torch.bfloat16:  # torch's is the faster one, unless the kernel has more rows than x
            own = own and 2 * ctx.padding[0] >= x.shape[2]
        of_x, of_weight, _ = torch.ops.aten.convolution_backward(
            gradient, x, weight, None, *settings, [wanted[0], wanted[1] and not own, False]
        )
        if own:
            of_weight = kernel_gradient(x, gradient, weight.shape[-2:], ctx.dilation)
        # Not together with the others: torch would compute the gradient of the kernel for it.
        return of_x, of_weight, gradient.sum(dim=(0, 2, 3)) if wanted[2] else None, None, None


def kernel_gradient(x: Tensor, gradient: Tensor, kernel: torch.Size, dilation: tuple[int, int]) -> Tensor:
    """Gradient of a kernel (C', C, k, l), by matrix products.

    ``x`` (B, C, F, T) is what is convolved, ``gradient`` (B, C', F, T) that of the result. Sizes of the
    kernel are odd, and the convolution was padded to keep F and T.
    """
    if gradient.shape[1] < x.shape[1]:  # the same seen from the other side, where less has to be copied
        return kernel_gradient(gradient, x, kernel, dilation).transpose(0, 1).flip(2, 3)
    rows = gradient.permute(0, 2, 3, 1).contiguous()  # (B, F, T, C')
    channels, bins = x.shape[1], x.shape[2]
    totals: list[Tensor] = []  # per row of the kernel, (b, l * C, C')
    for part, neighbours in _neighbours(x.permute(0, 2, 3, 1), kernel[1], dilation[1]):
        if not totals:
            sizes = (kernel[0], len(neighbours), kernel[1] * channels, rows.shape[-1])
            totals = list(x.new_zeros(sizes, dtype=torch.promote_types(x.dtype, torch.float32)))
        for total, tap in zip(totals, _steps(kernel[0], dilation[0]), strict=True):
            if abs(tap) < bins:
                here = neighbours[:, max(tap, 0) : bins + min(tap, 0)].flatten(1, 2)
                there = rows[part, max(-tap, 0) : bins + min(-tap, 0)].flatten(1, 2)
                if total.dtype == here.dtype:
                    total[: len(here)].baddbmm_(here.transpose(1, 2), there)
                else:  # of bf16, not rounded to it again and again
                    total[: len(here)] += here.transpose(1, 2) @ there
    whole = torch.stack([total.sum(dim=0) for total in totals]).to(x.dtype)
    return whole.unflatten(1, (kernel[1], channels)).permute(3, 2, 0, 1)


def _steps(size: int, dilation: int) -> list[int]:
    """Where the taps of a kernel lie, from its centre."""
    return [dilation * (tap - size // 2) for tap in range(size)]


def _neighbours(x: Tensor, size: int, dilation: int) -> Iterator[tuple[slice, Tensor]]:
    """Parts of the batch, and for each the values that the taps of every step meet: (b, F, T, size * C)."""
    examples, bins, steps, channels = x.shape
    at_once = max(1, min(examples, _PART // (bins * steps * size * channels)))
    copies = x.new_empty(at_once, bins, steps, size, channels)
    taps = _steps(size, dilation)
    for index, tap in enumerate(taps):  # the padding, which stays zero
        outside = slice(0, -tap) if tap < 0 else slice(max(steps - tap, 0), steps)
        copies[:, :, outside, index] = 0
    for start in range(0, examples, at_once):
        part = slice(start, min(start + at_once, examples))
        found = copies[: part.stop - part.start]
        for index, tap in enumerate(taps):
            if abs(tap) < steps:
                here, there = (slice(max(by, 0), steps + min(by, 0)) for by in (-tap, tap))
                found[:, :, here, index] = x[part, :, there]
        yield part, found.flatten(3)


def mean_of_positive(planes: Tensor, overwrite: bool = False) -> Tensor:
    """Mean over F of the ReLU of (B, C, F, T): (B, C, T).

    Only where they are positive is kept for the gradient: a fourth of the memory. To ``overwrite`` is to use
    the memory of ``planes``: nobody else may hold them.
    """
    if not torch.is_grad_enabled() or not planes.requires_grad:
        return _mean(_rectified(planes, overwrite))
    return cast(Tensor, cast(Any, _MeanOfPositive).apply(planes, overwrite))


def _rectified(planes: Tensor, overwrite: bool) -> Tensor:
    return planes.relu_() if overwrite else nn.functional.relu(planes)


def _mean(planes: Tensor) -> Tensor:
    """Mean over F, along the channels where these are last in memory: that is several times faster."""
    return planes.permute(0, 2, 3, 1).mean(dim=1).transpose(1, 2)


class _MeanOfPositive(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, planes: Tensor, overwrite: bool) -> Tensor:
        positive = _rectified(planes, overwrite)
        ctx.save_for_backward(positive.bool())  # a tenth of the time of a comparison with zero
        return _mean(positive)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (positive,) = ctx.saved_tensors  # (B, C, F, T), its channels last in memory
        share = (gradient / positive.shape[2]).transpose(1, 2).contiguous()  # (B, T, C)
        rows = positive.permute(0, 2, 3, 1).view(torch.uint8).to(share.dtype)  # (B, F, T, C)
        return rows.mul_(share.unsqueeze(1)).permute(0, 3, 1, 2), None
