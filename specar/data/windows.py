"""Where the windows of a run begin, from the lengths of its series alone. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from specar.config.settings import TaskSettings

Split = Literal["train", "val", "test"]
Span = tuple[int, int]  # rows [start, end)


def part_rows(ends: Sequence[int], split: Split, look_back: int) -> Span:
    """Return the rows of a part of a series, from the ends (exclusive) of train, val and test.

    Val and test reach ``look_back`` rows back into the part before: what comes out may begin before 0.
    """
    part = ("train", "val", "test").index(split)
    return ends[part - 1] - look_back if part else 0, ends[part]


def window_starts(rows: Span, seq_len: int, pred_len: int) -> range:
    """Return the first row of every window of ``seq_len`` rows that ``pred_len`` more follow, stride 1."""
    start, end = rows
    return range(start, max(start, end - seq_len - pred_len + 1))


@dataclass(frozen=True)
class AnomalyWindows:
    """Windows of ``window`` rows of a train and a test series for anomaly detection.

    The ends (exclusive, in rows) are those of the parts that follow one another, such as machines. The
    settings have the strides and the share that is held out; ``strict`` is whether that is the protocol.
    """

    train_ends: Sequence[int]
    test_ends: Sequence[int]
    window: int
    settings: TaskSettings
    strict: bool

    def part(self, split: Split) -> Literal["train", "test"]:
        """The series that a split's windows are cut from."""
        if split == "val" and not self.strict:
            return self.settings.val_from or "test"
        return "test" if split == "test" else "train"

    def spans(self, split: Split) -> list[Span]:
        """Rows that the windows of a split have to stay in."""
        part, share = self.part(split), self.settings.val_share
        assert share is not None
        ends = self.test_ends if part == "test" else self.train_ends
        if not self.strict:  # the authors join all machines
            rows = ends[-1]
            return [(int(rows * (1 - share)) if split == "val" and part == "train" else 0, rows)]
        spans = list(zip([0, *ends[:-1]], ends, strict=True))
        if part == "test":
            return spans
        borders = [start + int((end - start) * (1 - share)) for start, end in spans]
        return [
            (start, border) if split == "train" else (border, end)
            for (start, end), border in zip(spans, borders, strict=True)
        ]

    def starts(self, split: Split) -> list[list[range]]:
        """First rows of the windows of a split, for each of its spans; no range is empty.

        Under ``strict`` a last window may overlap the one before: every row but those of training is scored.
        """
        own = self.part(split) == "train" and not (self.strict and split == "val")
        stride = self.settings.train_stride if own else self.settings.test_stride
        assert stride is not None
        every_row = self.strict and split != "train"
        return [self._starts(span, stride, every_row) for span in self.spans(split)]

    def _starts(self, span: Span, stride: int, every_row: bool) -> list[range]:
        start, end = span
        regular = range(start, end - self.window + 1, stride)
        if not regular:
            return []
        last = end - self.window
        return [regular, range(last, last + 1)] if every_row and regular[-1] < last else [regular]
