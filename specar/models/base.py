"""What every model of the package takes and returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torch import Tensor

from specar.models.shape import SeriesShape

__all__ = ["ModelOutput", "Ordered", "SeriesShape"]


class ModelOutput(NamedTuple):
    """Result of a forward pass.

    ``output`` is (B, H, N) for forecasting, (B, S, N) for imputation and anomaly detection,
    (B, classes) for classification. ``order_values`` is (B, S + H), one value per time step, or
    None where the model has no TOP head.
    """

    output: Tensor
    order_values: Tensor | None


class Ordered(Protocol):
    """A model with a TOP head: it also offers the head's loss."""

    def order_loss(self, order_values: Tensor, segments: Sequence[slice], share: float = 1.0) -> Tensor:
        """Loss of order values (B, T); ``segments`` are the parts of time that the task is about.

        Where the values are a part of a batch, ``share`` is the part's share of its examples: the losses of
        all parts add up to the loss of the batch.
        """
