"""Checkpoints: everything that a resumed run needs to end like an uninterrupted one."""

from __future__ import annotations

import hashlib
import io
import logging
from pathlib import Path
from typing import Any

import torch

from specar.base.errors import SpecarError
from specar.base.files import atomic_path
from specar.training.memory import is_out_of_memory

log = logging.getLogger(__name__)


def save_torch(path: Path, value: Any) -> None:
    """Write tensors with torch.save, atomically; raises as `atomic_path`."""
    with atomic_path(path) as temporary:
        try:
            torch.save(value, temporary)
        except RuntimeError as error:  # how torch reports a full disk
            if is_out_of_memory(error):
                raise
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise SpecarError(f"cannot write {path}: {reason}; free space on its disk") from error


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint under the hash of its content: torch does not check the sums of its own archive."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(_seal(buffer.getbuffer()))
        file.write(buffer.getbuffer())


def _seal(content: bytes | memoryview) -> bytes:
    return f"specar checkpoint, sha256 {hashlib.sha256(content).hexdigest()}\n".encode()


def load_checkpoint(path: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """Read a checkpoint onto the CPU; None where there is none with this ``identity``.

    One that is damaged, of another run, other data, other code of a model of one's own or another kind of
    device is reported and passed over: the run then starts again from its beginning.
    """
    if not path.exists():
        return None
    try:
        seal, _, content = path.read_bytes().partition(b"\n")
        if seal + b"\n" != _seal(content):
            raise ValueError("its content is not that of its hash")
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever the damage makes of its archive
        damaged(path, error)
        return None
    if not isinstance(state, dict) or state.get("identity") != identity:
        log.warning("checkpoint %s is of another run, other data, model code or device: starting again", path)
        return None
    return state


def damaged(path: Path, error: Exception) -> None:
    """Say that a checkpoint is damaged; what is no damage but lack of memory is raised again."""
    if isinstance(error, MemoryError) or is_out_of_memory(error):
        raise error
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    log.warning("checkpoint %s is damaged (%.200s): starting again", path, reason)


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """State of torch's global generators, which dropout uses."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random_state(state: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put back what :func:`random_state` returned."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)
