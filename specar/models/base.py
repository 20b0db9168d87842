"""What every model of the package takes and returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from torch import Tensor


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
