"""What series are multiplied with where channels are mixed before the transform (see `mixed`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

AT_ONCE = 4  # frames of one matrix product: more rows than a single one has, and few more columns


class Edge(NamedTuple):
    """Frames outside of the series that a side of the kernel would meet."""

    side: int  # of the kernel: 0 or 2, of three
    steps: slice  # of the series that these frames see
    frames: slice  # that the side would add them to
    taps: Tensor  # (frames * 2F, steps * S)


class Taps(NamedTuple):
    """What series are multiplied with, W steps of S real series at a time, and what their gradient is."""

    width: int  # W
    steps: int  # of the series that the frames see, in whole products
    series: int  # S: two per row of the kernel, mixed by its real and its imaginary part
    sides: tuple[int, ...]  # how far the columns of the kernel lie from its centre, in steps
    forward: Tensor  # (AT_ONCE * 2F, (W + AT_ONCE - 1) * S): to planes of neighbouring frames
    backward: Tensor  # (AT_ONCE * S, (W + AT_ONCE - 1) * 2F): the gradient of series from that of planes
    edges: tuple[Edge, ...]

    @property
    def size(self) -> int:
        return sum(one.numel() for one in (self.forward, self.backward, *(edge.taps for edge in self.edges)))


def make_taps(basis: Tensor, dilation: int, steps: int) -> Taps:
    """Make the taps of a basis (2F, W) for kernels with this dilation, and series of ``steps`` steps."""
    cosine, sine = basis.chunk(2)
    series = [
        _shifted(pair, row * dilation)
        for row in met(dilation, len(cosine))
        for pair in ((cosine, sine), (-sine, cosine))  # (c + js)(p + jq)
    ]
    taps = torch.stack(series, dim=-1)  # (2F, W, S)
    edges = tuple(_edges(taps, dilation, steps))
    _, width, count = taps.shape
    sides = tuple(side * dilation for side in met(dilation, steps))
    reverse = taps.flip(1).permute(2, 1, 0)  # (S, W, 2F)
    return Taps(width, rounded(steps) + width - 1, count, sides, _staggered(taps), _staggered(reverse), edges)


def rounded(frames: int) -> int:
    """Return how many frames there are in whole products."""
    return -(-frames // AT_ONCE) * AT_ONCE


def met(dilation: int, size: int) -> range:
    """Rows or columns of a kernel, counted from its centre, without those that only meet padding."""
    return range(-1, 2) if dilation < size else range(1)


def _shifted(planes: tuple[Tensor, Tensor], by: int) -> Tensor:
    """Of two (F, W) the bins that lie ``by`` further, zero where there are none: (2F, W)."""
    padded = [nn.functional.pad(plane, (0, 0, max(-by, 0), max(by, 0))) for plane in planes]
    return torch.cat([plane[max(by, 0) :][: len(plane) - abs(by)] for plane in padded])


def _staggered(taps: Tensor) -> Tensor:
    """The taps (rows, W, columns) of ``AT_ONCE`` frames one below the other, each a step later."""
    last = AT_ONCE - 1
    return torch.cat([nn.functional.pad(taps, (0, 0, lag, last - lag)).flatten(1) for lag in range(AT_ONCE)])


def _edges(taps: Tensor, dilation: int, steps: int) -> Iterator[Edge]:
    before, after = taps.shape[1] // 2, (taps.shape[1] - 1) // 2
    for side, first, last in (
        (0, -min(dilation, after), 0),
        (2, steps, steps + min(dilation, before)),
    ):
        if first < last and dilation < steps:
            start, stop = max(first - before, 0), min(last + after, steps)
            frames = slice(first + dilation * (1 - side), last + dilation * (1 - side))
            rows = [_seen(taps, frame - before, start, stop) for frame in range(first, last)]
            yield Edge(side, slice(start, stop), frames, torch.cat(rows))


def _seen(taps: Tensor, first: int, start: int, stop: int) -> Tensor:
    """The taps of a frame that begins at ``first``, for the steps ``start`` to ``stop``: (2F, steps * S)."""
    low, high = max(first, start), min(first + taps.shape[1], stop)
    return nn.functional.pad(taps[:, low - first : high - first], (0, 0, low - start, stop - high)).flatten(1)
