"""What a task offers to the trainer, and what tasks on windows of one long series share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Literal, cast

import torch
from torch import Tensor, nn

from specar.config.schema import RunConfig
from specar.data.prepared import PreparedData
from specar.errors import SpecarError
from specar.models.base import ModelOutput, Ordered, SeriesShape

Split = Literal["train", "val", "test"]
Metrics = dict[str, float]


class Task(ABC):
    """One task on one dataset: its examples, loss, metrics and naive floors.

    Attributes
    ----------
    shape : SeriesShape
        Sizes that the model is built for.
    selection : str
        The validation metric that selects the best epoch; lower is better.
    """

    shape: SeriesShape
    selection = "mse"

    @abstractmethod
    def count(self, split: Split) -> int:
        """Number of examples in a split."""

    @abstractmethod
    def loss(self, model: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        """Training loss, a scalar, of the examples that ``index`` (B,) selects."""

    @abstractmethod
    def evaluate(self, model: nn.Module, split: Split, epoch: int) -> Metrics:
        """Metrics of the model over a whole split, whatever the evaluation batch size."""

    @abstractmethod
    def floors(self) -> dict[str, Metrics]:
        """Metrics of naive baselines on the test split, by baseline."""


class Windows:
    """All windows of a prepared series, stride 1; the series lives on the device.

    Parameters
    ----------
    data : PreparedData
        The series, standard-scored.
    seq_len, pred_len : int
        Rows S that a model sees and rows H that follow. Validation and test windows may reach S rows
        back into the part before.
    device : torch.device
        Where the series is kept and windows are gathered.
    """

    def __init__(self, data: PreparedData, seq_len: int, pred_len: int, device: torch.device) -> None:
        self.data, self.seq_len, self.pred_len, self.device = data, seq_len, pred_len, device
        self.values = torch.tensor(data.values, dtype=torch.float32, device=device)  # (rows, N)
        self.time_features = torch.tensor(data.time_features, dtype=torch.float32, device=device)

    def first_rows(self, split: Split) -> Tensor:
        """First row of every window of a split, (windows,)."""
        start, end = self.data.rows_of(split, self.seq_len)
        count = end - start - self.seq_len - self.pred_len + 1
        return torch.arange(start, start + max(count, 0), device=self.device)

    def batches(self, split: Split, size: int) -> Iterator[Tensor]:
        """First rows of a split's windows, ``size`` at a time and in order."""
        yield from self.first_rows(split).split(size)

    def rows(self, first: Tensor, offset: int, length: int) -> Tensor:
        """Row numbers (B, length) of windows that begin ``offset`` rows after ``first`` (B,)."""
        return first.unsqueeze(1) + offset + torch.arange(length, device=self.device)

    def inputs(self, first: Tensor) -> Tensor:
        """Input windows (B, S, N)."""
        return self.values[self.rows(first, 0, self.seq_len)]

    def targets(self, first: Tensor) -> Tensor:
        """What follows the input windows, (B, H, N)."""
        return self.values[self.rows(first, self.seq_len, self.pred_len)]

    def features(self, first: Tensor) -> Tensor:
        """Time features of the input windows, (B, S, 4)."""
        return self.time_features[self.rows(first, 0, self.seq_len)]


class ErrorSums:
    """Squared and absolute errors, summed in float64 on the device."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(3, dtype=torch.float64, device=device)

    def add(self, prediction: Tensor, target: Tensor, counted: Tensor | None = None) -> None:
        """Add the errors of a batch; ``counted`` (bool) selects values, all if left out."""
        errors = (prediction.float() - target).double()
        if counted is not None:
            errors = errors * counted
        number = counted.sum() if counted is not None else torch.tensor(errors.numel())
        self.sums += torch.stack(
            [errors.square().sum(), errors.abs().sum(), number.to(errors.device, torch.float64)]
        )

    def metrics(self) -> Metrics:
        """Mean squared and mean absolute error."""
        squares, absolutes, number = self.sums.tolist()
        if number == 0:
            raise SpecarError("no value to evaluate: the mask ratio hides none; raise it")
        return {"mse": squares / number, "mae": absolutes / number}


def task_loss(model: nn.Module, out: ModelOutput, loss: Tensor, segment: slice) -> Tensor:
    """Add the TOP loss of the time steps in ``segment`` where the model has a TOP head."""
    if out.order_values is None:
        return loss
    return loss + cast(Ordered, model).order_loss(out.order_values, segment)


class WindowTask(Task):
    """A task on windows of one series."""

    def __init__(
        self, run: RunConfig, data: PreparedData, device: torch.device, eval_batch_size: int
    ) -> None:
        self.run, self.eval_batch_size = run, eval_batch_size
        self.windows = Windows(data, run.seq_len, run.horizon or 0, device)
        self.train_rows = self.windows.first_rows("train")
        self.shape = SeriesShape(
            channels=self.windows.values.shape[1],
            seq_len=run.seq_len,
            pred_len=run.horizon or 0,
            time_features=self.windows.time_features.shape[1],
        )

    def count(self, split: Split) -> int:
        return len(self.windows.first_rows(split))
