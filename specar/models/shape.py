"""Sizes that a model is built for. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeriesShape:
    """Sizes that a task and its dataset impose on a model.

    Attributes
    ----------
    channels : int
        Number N of input channels.
    seq_len : int
        Input steps S.
    pred_len : int
        Steps H to forecast; 0 for every other task.
    time_features : int
        Number of time features per step; 0 where a task uses none.
    classes : int
        Number of classes; 0 for every task but classification.
    """

    channels: int
    seq_len: int
    pred_len: int = 0
    time_features: int = 4
    classes: int = 0

    @property
    def steps(self) -> int:
        """Time steps T = S + H that the blocks see."""
        return self.seq_len + self.pred_len
