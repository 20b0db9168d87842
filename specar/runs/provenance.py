"""Where a number comes from: code, libraries and machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import specar
from specar.config import Execution
from specar.training.device import device_name
from specar.training.gpu import VISIBLE, Lease

# statsmodels: Naive2, and so OWA; aeon: VUS-PR.
_LIBRARIES = (
    *("torch", "numpy", "scipy", "pandas", "scikit-learn", "statsmodels", "aeon", "xgboost-cpu"),
    *("snakemake", "pydantic"),
)


def provenance(device: torch.device, execution: Execution, lease: Lease | None = None) -> dict[str, Any]:
    """Code, libraries, device and machine of this process, for a run record."""
    leased = None if lease is None else {"id": lease.id, "how": lease.how, VISIBLE: os.environ.get(VISIBLE)}
    return {
        "git": git_state(),
        "versions": versions(),
        "device": {"type": device.type, "name": device_name(device), "gpu": leased},
        "cuda": torch.version.cuda if device.type == "cuda" else None,
        "cudnn": torch.backends.cudnn.version() if device.type == "cuda" else None,
        "execution": execution.model_dump(mode="json"),
        "machine": platform.platform(),
        "slurm_job": os.environ.get("SLURM_JOB_ID"),
        "started": now(),
    }


def rounding_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the execution of a record changes rounding, by the names of the settings."""
    said = record["provenance"].get("execution", {})
    known = {key: said[key] for key in ("threads", "eval_batch_size") if key in said}
    return {**known, "mix_first": said.get("mix_first", False)}  # older runs convolved planes


def now() -> str:
    """The present time in UTC, as text."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def git_state() -> dict[str, Any]:
    """Commit of the checkout that the package runs from, as first asked; null outside of one of specar."""
    folder = Path(specar.__file__).resolve().parent
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None or _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return {"commit": None, "modified": None}
    changes = _git(folder, "status", "--porcelain", ".")  # None: it could not say, on a slow disk for example
    return {"commit": commit, "modified": None if changes is None else bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def versions() -> dict[str, str | None]:
    """Versions of specar, Python and the libraries that results depend on."""
    found: dict[str, str | None] = {"specar": specar.__version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
