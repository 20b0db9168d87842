"""What an epoch leaves to be read: a line in the log, and one in history.jsonl."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from specar.base.files import write_text

log = logging.getLogger(__name__)


def write_history(path: Path, history: list[dict[str, Any]]) -> None:
    """Write a line per epoch, atomically."""
    write_text(path, "".join(json.dumps(line) + "\n" for line in history))


def log_epoch(line: dict[str, Any], epochs: int, is_best: bool) -> None:
    """Log the line of an epoch, of ``epochs`` at most."""
    val = ", ".join(f"val {name} {value:.4f}" for name, value in line["val"].items())
    log.info(
        "epoch %d/%d: train loss %.4f, %s%s, %.1f s",
        line["epoch"], epochs, line["train_loss"], val, " (best)" if is_best else "", line["seconds"],
    )  # fmt: skip
