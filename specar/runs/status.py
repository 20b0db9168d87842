"""What became of the runs of a plan: read from their records and from what their attempts left."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError

from specar.base.errors import SpecarError
from specar.base.files import read_json
from specar.base.strict import one_line
from specar.runs.plan import Plan
from specar.runs.records import record_or_damage
from specar.training.progress import read_history

log = logging.getLogger(__name__)

State = Literal["done", "cached", "running", "interrupted", "failed", "damaged", "missing"]
STATES: tuple[State, ...] = get_args(State)

# Beside the record in the folder of a run, until there is one.
STATUS, LOCK, HISTORY = "status.json", ".lock", "history.jsonl"


@dataclass(frozen=True)
class RunStatus:
    """State of a run.

    ``cached``: its record comes with the project. ``interrupted``: it ended without a record and goes on from
    its checkpoint when it is started again. ``damaged``: its record cannot be believed.
    """

    state: State
    attempts: list[dict[str, Any]]  # those that did not end in a record: see `specar.runs.attempt.attempt`
    epoch: int = 0  # how many are done
    epoch_seconds: float = 0.0  # mean time of one; 0 where none is done
    damage: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the run has a record that can be believed."""
        return self.state in ("done", "cached")

    @property
    def reason(self) -> str:
        """Why the run failed or stopped, or its record is not believed, in one line; else empty."""
        if self.damage:
            return self.damage
        if self.state not in ("failed", "interrupted") or not self.attempts:
            return ""
        last = self.attempts[-1]
        error = last["error"]
        what = f"{error['class']}: {error['message']}" if error else "ended without a word (killed?)"
        return f"{one_line(what)} (attempt {len(self.attempts)})"


def status_of(plan: Plan, name: str) -> RunStatus:
    """Return the status of a run."""
    record, damage = record_or_damage(plan, name)
    if damage:
        return RunStatus("damaged", [], damage=damage)
    if record:
        return RunStatus("cached" if name in plan.cached_runs else "done", [])
    folder = plan.records / name
    attempts = read_attempts(folder)
    seconds = [line["seconds"] for line in read_history(folder / HISTORY)]
    mean = sum(seconds) / len(seconds) if seconds else 0.0
    return RunStatus(_state(folder, attempts), attempts, len(seconds), mean)


def _state(folder: Path, attempts: list[dict[str, Any]]) -> State:
    if _is_locked(folder / LOCK):
        return "running"
    if not attempts:
        return "missing"
    return "failed" if attempts[-1]["state"] == "failed" else "interrupted"


def read_attempts(folder: Path) -> list[dict[str, Any]]:
    """Read what attempts left in the folder of a run, the last one last; a damaged file is passed over."""
    path = folder / STATUS
    if not path.exists():
        return []
    try:
        found = read_json(path)
        _Attempts.model_validate(found)
    except (SpecarError, ValidationError):
        log.warning("%s is damaged and passed over", path)
        return []
    attempts: list[dict[str, Any]] = found["attempts"]
    return attempts


class _Error(BaseModel):
    class_: str = Field(alias="class", min_length=1)
    message: str = Field(min_length=1)


class _Attempt(BaseModel):
    state: Literal["running", "failed", "interrupted"]
    error: _Error | None


class _Attempts(BaseModel):
    attempts: list[_Attempt]


def _is_locked(path: Path) -> bool:
    """Whether a process holds the lock: it may be on another machine, where the file system tells."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def failures(plan: Plan, names: Iterable[str]) -> dict[str, str]:
    """Why runs that were started have no record to believe, by run id; not those still running."""
    found = {name: status_of(plan, name).reason for name in names}
    return {name: reason for name, reason in found.items() if reason}
