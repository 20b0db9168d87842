"""How far a run is, which is part of its checkpoint, and what its epochs leave to be read."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    TypeAdapter,
    ValidationError,
)  # fmt: skip

from specar.base.files import write_text
from specar.base.strict import problems

log = logging.getLogger(__name__)


class Epoch(BaseModel):
    """A line of the history of a run; what newer code adds to it is kept."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)

    epoch: PositiveInt
    train_loss: float
    val: dict[str, NonNegativeFloat]
    seconds: NonNegativeFloat


def write_history(path: Path, history: list[dict[str, Any]]) -> None:
    """Write a line per epoch, atomically."""
    write_text(path, "".join(json.dumps(line) + "\n" for line in history))


def read_history(path: Path) -> list[dict[str, Any]]:
    """Read a line per epoch, up to the first that is damaged, which is reported; none without a file."""
    epochs: list[dict[str, Any]] = []
    for line in path.read_bytes().splitlines() if path.is_file() else []:
        try:
            epochs.append(Epoch.model_validate_json(line).model_dump())
        except ValidationError as error:
            place = f"{path}, line {len(epochs) + 1}"
            log.warning("%s is damaged (%s): it and what follows is passed over", place, problems(error))
            break
    return epochs


def log_epoch(line: dict[str, Any], epochs: int, is_best: bool) -> None:
    """Log the line of an epoch, of ``epochs`` at most."""
    val = ", ".join(f"val {name} {value:.4f}" for name, value in line["val"].items())
    log.info(
        "epoch %d/%d: train loss %.4f, %s%s, %.1f s",
        line["epoch"], epochs, line["train_loss"], val, " (best)" if is_best else "", line["seconds"],
    )  # fmt: skip


@dataclass
class EpochPart:
    """What is done of an epoch that has not ended."""

    steps: NonNegativeInt = 0
    examples: NonNegativeInt = 0
    loss_sum: float = 0.0  # of the steps, each counted once for every example
    seconds: float = 0.0  # of all processes


@dataclass
class Progress:
    """How far a run is, of all processes that worked on it, up to the last checkpoint."""

    epoch: NonNegativeInt = 0  # the last that was begun, counted from 1
    part: EpochPart | None = None  # what is done of it; None: it has ended
    best_epoch: int = 0
    best_score: float = math.inf  # lower is better
    micro_batches: PositiveInt = 1  # parts of a training batch that does not fit into memory
    eval_batch_size: PositiveInt | None = None  # that fits; None: that of the configuration does
    train_seconds: float = 0.0  # of all epochs that have ended
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0  # the largest of any process
    history: list[dict[str, Any]] = field(default_factory=list)  # a line per epoch
    processes: list[dict[str, Any]] = field(default_factory=list)  # provenance of each

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
