"""Sizes that a model is built for, and the work that it needs. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class SeriesShape:
    """Sizes that a task and its dataset impose on a model."""

    channels: int  # N of the input
    seq_len: int  # input steps S
    pred_len: int = 0  # steps H to forecast; 0 for every other task
    time_features: int = 4  # per step; 0 where a task uses none
    classes: int = 0  # 0 for every task but classification

    @property
    def steps(self) -> int:
        """Time steps T = S + H that the blocks see."""
        return self.seq_len + self.pred_len


@dataclass(frozen=True)
class Work:
    """Work per example.

    ``forward`` and ``training`` are multiply-adds of a forward pass, and of one with its gradients; products
    with the zeros that pad a convolution are not needed and not counted, the four real products of a complex
    one are. ``elements`` are the values (real numbers) held between the steps of a forward pass.
    """

    forward: int
    training: int
    elements: int

    def __add__(self, other: Work) -> Work:
        return Work(*(own + more for own, more in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, number: int) -> Work:
        return Work(*(own * number for own in astuple(self)))
