"""What a task offers to the trainer, and what tasks on windows of one long series share."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.config.schema import Cell
from specar.data.prepared import PreparedData, SeriesData, SeriesRows
from specar.data.windows import Split, window_starts
from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape

Segment = Literal["input", "forecast"]
Metrics = dict[str, float]
# Training examples as tensors (B, …): their numbers, and whatever is random about them.
Batch: TypeAlias = tuple[Tensor, ...]
Data = TypeVar("Data", bound=PreparedData)


class Evaluation(NamedTuple):
    """Metrics on the test part, and what else belongs into their record (plain values only)."""

    metrics: Metrics
    details: dict[str, Any] = {}
    parts: dict[str, Metrics] = {}  # the metrics of each series alone, where several are joined


class Task(ABC):
    """One task on one dataset: its examples, on ``device``, loss, metrics and naive floors.

    Metrics do not depend on the size of evaluation batches, nor, but where the protocol says so, on the seed
    of the run.
    """

    shape: SeriesShape  # sizes that the model is built for
    selection = "mse"  # the validation metric that selects the best epoch
    higher_is_better = False  # whether larger values of it are better
    drops_last = False  # whether the authors drop the last partial training batch (protocol ``published``)
    top_segments: tuple[Segment, ...] = ("input",)  # steps that the released TOP loss is about

    def __init__(
        self, cell: Cell, data: PreparedData, device: torch.device, eval_batch_size: int = 256, seed: int = 0
    ) -> None:
        self.cell, self.device = cell, device
        self.eval_batch_size, self.seed = eval_batch_size, seed
        self.setup(data)

    @abstractmethod
    def setup(self, data: PreparedData) -> None:
        """Put the examples on the device and set ``shape``."""

    @abstractmethod
    def count(self, split: Split) -> int:
        """Number of examples in a split."""

    def draw(self, index: Tensor, generator: torch.Generator) -> Batch:
        """The training examples ``index`` (B,), with all that is random about them drawn.

        What is drawn may be split along its first dimension: the parts' losses, weighted by :meth:`weight`,
        have the loss of the whole batch as their mean.
        """
        return (index,)

    @abstractmethod
    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, ModelOutput]:
        """The task's own training loss of drawn examples, a mean, and the model's output."""

    def weight(self, batch: Batch) -> Tensor | int:
        """How much a batch counts in a mean over batches, up to a constant factor: its number of examples.

        A task whose loss is a mean over something else overrides it with the number of that.
        """
        return len(batch[0])

    def training_set(self) -> tuple[Tensor, Tensor]:
        """All training examples, (cases, S, N), and their classes, (cases,), for a model that is fitted.

        Raises
        ------
        SpecarError
            The task has none.
        """
        raise SpecarError(
            f"a fitted model tells classes, and {self.cell.task} has none; leave it out of its models"
        )

    @abstractmethod
    def validate(self, model: nn.Module, epoch: int) -> Metrics:
        """Metrics on the part that selects the best epoch."""

    @abstractmethod
    def test(self, model: nn.Module) -> Evaluation:
        """Metrics on the test part."""

    @abstractmethod
    def floors(self) -> dict[str, Evaluation]:
        """What naive baselines reach on the test part, by baseline."""

    def examples(self, model: nn.Module, details: Mapping[str, Any]) -> dict[str, Any] | None:
        """A few test examples with what the trained model makes of them, to be looked at (plain values only).

        ``details`` are those of its evaluation. Returns ``how`` they were chosen, their ``channel`` (its
        name), the ``examples``, and the ``maps`` of the first of them (see
        :func:`specar.tasks.examples.maps_of`); None for a task that shows none.
        """
        return None

    @property
    def strict(self) -> bool:
        """Whether the protocol is ``strict`` rather than ``published``."""
        return self.cell.protocol == "strict"

    def segments(self, names: Sequence[Segment]) -> list[slice]:
        """Steps (input, forecast) of a series that the model has extended in time."""
        steps = {"input": slice(0, self.shape.seq_len), "forecast": slice(self.shape.seq_len, None)}
        return [steps[name] for name in names]

    def batches(self, examples: Tensor) -> Iterator[Tensor]:
        """Examples (n, …) in evaluation batches, in order."""
        yield from examples.split(self.eval_batch_size)


def of_kind(data: PreparedData, kind: type[Data]) -> Data:
    """Return ``data`` if it is of the kind that a task is for."""
    if not isinstance(data, kind):
        raise SpecarError(
            f"prepared data of {data.name} is no {kind.__name__}; the task needs another dataset"
        )
    return data


def on_device(values: npt.NDArray[np.float32], device: torch.device) -> Tensor:
    """Prepared values as a tensor, not to be written to: on a CPU those of the file, shared by all jobs."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(values).to(device)


class Windows:
    """All windows of prepared series, stride 1, each within one series; these live on the device.

    A model sees ``seq_len`` (S) rows, and ``pred_len`` (H) follow. Validation and test windows may reach S
    rows back into the part before.
    """

    def __init__(self, data: SeriesRows, seq_len: int, pred_len: int, device: torch.device) -> None:
        self.data, self.seq_len, self.pred_len, self.device = data, seq_len, pred_len, device
        self.parts = data.parts
        rows = [len(part.values) for part in self.parts]
        self.starts = [sum(rows[:index]) for index in range(len(rows))]  # first row of each part
        self.values = on_device(data.values, device)  # (rows, N)
        self.time_features = on_device(data.time_features, device)

    def first_rows(self, split: Split) -> Tensor:
        """First row of every window of a split, (windows,), part after part."""
        return torch.cat(self.first_rows_by_part(split))

    def first_rows_by_part(self, split: Split) -> list[Tensor]:
        """First row of every window of a split, (windows,) per part."""
        return [self._first_rows(*part, split) for part in zip(self.parts, self.starts, strict=True)]

    def _first_rows(self, part: SeriesData, offset: int, split: Split) -> Tensor:
        rows = window_starts(part.rows_of(split, self.seq_len), self.seq_len, self.pred_len)
        if not rows and len(self.parts) > 1:  # the others would hide it
            raise SpecarError(
                f"{part.name} has no {split} window of {self.seq_len} + {self.pred_len} rows; "
                "shorten seq_len or the horizon"
            )
        return torch.arange(offset + rows.start, offset + rows.stop, device=self.device)

    def part_of(self, first: Tensor) -> Tensor:
        """Numbers of the parts (B,) that windows lie in."""
        starts = torch.tensor(self.starts, device=first.device)
        return torch.bucketize(first, starts, right=True) - 1

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

    def future_features(self, first: Tensor) -> Tensor:
        """Time features of what follows the input windows, (B, H, 4)."""
        return self.time_features[self.rows(first, self.seq_len, self.pred_len)]


class ErrorSums:
    """Squared and absolute errors, summed in float64 on the device."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(3, dtype=torch.float64, device=device)

    def add(self, prediction: Tensor, target: Tensor, counted: Tensor | None = None) -> None:
        """Add the errors of a batch; ``counted`` (bool) selects values, all if left out."""
        errors = prediction.float() - target
        if counted is not None:
            errors = errors * counted
        flat = errors.double().flatten()  # its products and norms take half the time of sums of new tensors
        self.sums[0] += flat @ flat
        self.sums[1] += torch.linalg.vector_norm(flat, 1)
        self.sums[2] += errors.numel() if counted is None else counted.sum()

    @classmethod
    def total(cls, parts: Sequence[ErrorSums]) -> ErrorSums:
        """The errors of all parts together."""
        whole = cls(parts[0].sums.device)
        for part in parts:
            whole.sums += part.sums
        return whole

    def metrics(self) -> Metrics:
        """Mean squared and mean absolute error."""
        squares, absolutes, number = self.sums.tolist()
        if number == 0:
            raise SpecarError("no value to evaluate: the mask ratio hides none; raise it")
        return {"mse": squares / number, "mae": absolutes / number}


class WindowTask(Task):
    """A task on all windows of one series, or of several that are joined.

    Validation takes all windows under ``published`` too. The authors' loader shuffles them and drops the last
    partial batch: a random part of them, another in each epoch, which only their generator would repeat.
    """

    drops_last = True

    def setup(self, data: PreparedData) -> None:
        """Put the series, (rows, N), and their time features, (rows, 4), on the device."""
        assert self.cell.seq_len is not None
        horizon = self.cell.horizon or 0
        self.windows = Windows(of_kind(data, SeriesRows), self.cell.seq_len, horizon, self.device)
        self.train_rows = self.windows.first_rows("train")
        self.shape = SeriesShape(
            channels=self.windows.values.shape[1],
            seq_len=self.cell.seq_len,
            pred_len=horizon,
            time_features=self.windows.time_features.shape[1],
        )

    def count(self, split: Split) -> int:
        return len(self.windows.first_rows(split))

    def evaluation(self, errors: Sequence[ErrorSums]) -> Evaluation:
        """Metrics over all windows, and those of each part if there are several, from the errors per part."""
        names = [part.name for part in self.windows.parts]
        parts = {name: own.metrics() for name, own in zip(names, errors, strict=True)}
        return Evaluation(ErrorSums.total(errors).metrics(), parts=parts if len(parts) > 1 else {})

    @property
    def shown_channel(self) -> int:
        """The last channel: in the files of the paper's datasets the target of univariate forecasts."""
        return self.shape.channels - 1

    @property
    def shown_name(self) -> str:
        """Name of the shown channel."""
        return str(self.windows.data.meta["columns"][self.shown_channel])
