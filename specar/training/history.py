"""What an epoch leaves to be read: a line in the log, and one in history.jsonl."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt, ValidationError

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
