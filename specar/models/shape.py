"""Sizes that a model is built for, and the work that it needs. Imports nothing heavy."""

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
        return Work(
            self.forward + other.forward, self.training + other.training, self.elements + other.elements
        )

    def __mul__(self, number: int) -> Work:
        return Work(self.forward * number, self.training * number, self.elements * number)
