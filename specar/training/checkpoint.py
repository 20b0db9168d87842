"""Checkpoints: everything that a resumed run needs to end like an uninterrupted one."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path
from typing import Any

import torch

from specar.files import atomic_path

log = logging.getLogger(__name__)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint atomically."""
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def load_checkpoint(path: Path, run_id: str, device: torch.device) -> dict[str, Any] | None:
    """Read a run's checkpoint; None where there is none that belongs to this run.

    An unreadable one is reported and passed over: the run then starts again from its beginning,
    which ends in the same result.
    """
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        log.warning("checkpoint %s is damaged (%s): starting again", path, str(error).splitlines()[0])
        return None
    if state.get("run_id") != run_id:
        log.warning("checkpoint %s belongs to another run: starting again", path)
        return None
    return state


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """State of torch's global generators, which dropout uses."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random_state(state: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put back what :func:`random_state` returned."""
    torch.set_rng_state(state["cpu"].cpu())
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
