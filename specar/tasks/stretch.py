"""A stretch of the test series that shows how its rows are scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from specar.tasks.examples import CANDIDATES

_ROWS = 2000


@dataclass(frozen=True)
class Stretch:
    """Rows [start, end) and the windows that score them.

    These are all test windows that reach into the rows, or where these are many such that do not overlap.
    """

    start: int
    end: int
    first: Tensor  # first rows of the windows, (windows,) on the CPU
    window: int  # rows of a window
    thinned: bool  # whether windows are left out

    @classmethod
    def around(
        cls, segment: tuple[int, int], ends: Sequence[int], first: Tensor, window: int, rows: int = _ROWS
    ) -> Stretch:
        """``rows`` rows around a true segment [start, end), or what its machine or channel has.

        The segment lies in their middle, or nearer to an end of its part; a longer one is cut off behind.
        ``ends`` (exclusive) are those of the parts of the test series, ``first`` the first rows of all test
        windows, (windows,) on the CPU, ascending within each part.
        """
        part_end = next(end for end in ends if end > segment[0])
        part_start = max([0, *(end for end in ends if end <= segment[0])])
        middle = (segment[0] + min(segment[1], segment[0] + rows)) // 2
        start = max(part_start, min(middle - rows // 2, part_end - rows))
        end = min(start + rows, part_end)
        reaching = first[(first < end) & (first > start - window)]
        if len(reaching) <= CANDIDATES:
            return cls(start, end, reaching, window, False)
        return cls(start, end, _without_overlap(reaching, window), window, True)

    def window_on(self, row: int) -> int:
        """First row of the window whose middle is nearest to a row."""
        return int(self.first[(self.first + (self.window - 1) / 2 - row).abs().argmin()])

    def row_scores(self, scores: Tensor) -> Tensor:
        """Mean scores of the rows over their windows, (rows,), NaN for a row in none.

        ``scores`` are those of the windows, (windows, S) on the CPU.
        """
        rows = (self.first.unsqueeze(1) + torch.arange(self.window) - self.start).ravel()
        size = self.end - self.start
        inside = (rows >= 0) & (rows < size)
        rows, values = rows[inside], scores.double().ravel()[inside]
        sums = torch.zeros(size, dtype=torch.float64).index_add_(0, rows, values)
        return sums / torch.bincount(rows, minlength=size)


def _without_overlap(first: Tensor, window: int) -> Tensor:
    kept = first[:1].tolist()
    for row in first.tolist():
        if row >= kept[-1] + window:
            kept.append(row)
    return torch.tensor(kept)
