"""The optional mirror of the datasets: a local folder or a base URL."""

from __future__ import annotations

import os
from pathlib import Path

from specar.data.registry import Dataset

MIRROR_VARIABLE = "SPECAR_MIRROR"


def resolve_mirror(configured: str | None) -> str | None:
    """Return the configured mirror, else that of the environment variable SPECAR_MIRROR, else None."""
    return configured or os.environ.get(MIRROR_VARIABLE) or None


def is_url(mirror: str) -> bool:
    """Whether a mirror is a base URL rather than a folder."""
    return mirror.lower().startswith(("http://", "https://"))


def own_files(dataset: Dataset, mirror: str | None) -> list[Path]:
    """Files of a dataset that lie in a local mirror and have no SHA-256 in the registry.

    These are a user's own: they may change, so that a copy of them is only as good as they are.
    """
    if mirror is None or is_url(mirror):
        return []
    folder = Path(mirror).expanduser() / dataset.folder
    names = [file.name for file in dataset.files if file.sha256 is None]
    candidates = [folder / f"{name}{suffix}" for name in names for suffix in ("", ".gz")]
    return [path for path in candidates if path.is_file()]
