"""How far a run is; part of its checkpoint."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import NonNegativeInt, PositiveInt, TypeAdapter

from specar.training.history import Epoch


@dataclass
class EpochPart:
    """What is done of an epoch that has not ended.

    Attributes
    ----------
    steps, examples : int
        Training steps, and the examples in them.
    loss_sum : float
        Their losses, each counted once for every example.
    seconds : float
        Time spent on the epoch by all processes.
    """

    steps: NonNegativeInt = 0
    examples: NonNegativeInt = 0
    loss_sum: float = 0.0
    seconds: float = 0.0


@dataclass
class Progress:
    """How far a run is.

    Attributes
    ----------
    epoch : int
        The last epoch that was begun, counted from 1.
    part : EpochPart, optional
        What is done of it; None where it has ended.
    best_epoch, best_score : int, float
        The epoch that was selected, and its score (lower is better).
    micro_batches : int
        Parts that a training batch is split into because it does not fit into memory; 1: it fits.
    eval_batch_size : int, optional
        Examples that fit into memory in evaluation; None where what the configuration says fits.
    train_seconds : float
        Of all epochs that have ended.
    wall_seconds : float
        Of all processes that worked on the run, up to the last checkpoint.
    peak_memory_bytes : int
        The largest of any process, up to the last checkpoint.
    history : list of dict
        A line per epoch.
    processes : list of dict
        Provenance of each process that worked on the run.
    """

    epoch: NonNegativeInt = 0
    part: EpochPart | None = None
    best_epoch: int = 0
    best_score: float = math.inf
    micro_batches: PositiveInt = 1
    eval_batch_size: PositiveInt | None = None
    train_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    processes: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Progress:
        """Return what :func:`dataclasses.asdict` made a dictionary of; ValueError where it is not whole."""
        progress = TypeAdapter(cls).validate_python(values)
        epochs = [Epoch.model_validate(line).epoch for line in progress.history]
        ended = list(range(1, progress.epoch + (progress.part is None)))
        if asdict(progress) != values or epochs != ended or progress.best_epoch not in (ended or [0]):
            raise ValueError("its progress is not whole")
        return progress

    def begin(self) -> EpochPart:
        """Begin the next epoch, or go on with the one that has not ended."""
        if self.part is None:
            self.epoch += 1
            self.part = EpochPart()
        return self.part

    def done(self, epochs: int, patience: int) -> bool:
        """Whether all epochs are done or patience has run out."""
        if self.part is not None:
            return False
        return self.epoch >= epochs or self.epoch - self.best_epoch >= patience
