"""Where the files of a dataset lie: raw folders, and the optional mirror (a local folder or a base URL)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from specar.base.errors import SpecarError
from specar.base.names import check_mirror, in_project
from specar.data.entries import DatasetEntry, DatasetFile
from specar.data.registry import Dataset, JoinedDataset

MIRROR_VARIABLE = "SPECAR_MIRROR"


class Component(NamedTuple):
    """A dataset that has files, and the raw folder of these."""

    name: str
    entry: DatasetEntry
    folder: Path


def components(name: str, dataset: DatasetEntry | JoinedDataset, folder: Path) -> list[Component]:
    """Return the dataset itself, whose raw folder is ``folder``, or the parts of a joined one.

    The raw folders of all datasets lie side by side: a part is downloaded once, for itself and for whatever
    joins it.
    """
    if isinstance(dataset, JoinedDataset):
        return [Component(part, entry, folder.parent / part) for part, entry in dataset.entries.items()]
    return [Component(name, dataset, folder)]


def file_key(dataset: DatasetEntry | JoinedDataset, folder: Path, path: Path) -> str:
    """Name of a raw file in a list of a dataset's files: within its folder, or with that of its part."""
    root = folder.parent if isinstance(dataset, JoinedDataset) else folder
    return path.relative_to(root).as_posix()


def resolve_mirror(configured: str | None) -> str | None:
    """Return the configured mirror, else that of the environment variable SPECAR_MIRROR, else None.

    A folder of the configuration that is not in the working folder is that of the project. Raises
    SpecarError: what the variable says is neither a folder's name nor a base URL.
    """
    if configured:
        return configured if is_url(configured) else str(in_project(Path(configured)))
    try:
        return check_mirror(given) if (given := os.environ.get(MIRROR_VARIABLE)) else None
    except ValueError as error:
        raise SpecarError(f"{MIRROR_VARIABLE}: {error}") from error


def is_url(mirror: str) -> bool:
    """Whether a mirror is a base URL rather than a folder."""
    return mirror.lower().startswith(("http://", "https://"))


def mirrored_copies(dataset: DatasetEntry, file: DatasetFile, mirror: str | None) -> list[Path]:
    """Copies of a file in a local mirror, the plain one before the one with .gz appended."""
    if mirror is None or is_url(mirror):
        return []
    folder = Path(mirror).expanduser() / dataset.folder
    candidates = [folder / f"{file.name}{suffix}" for suffix in ("", ".gz")]
    return [path for path in candidates if path.is_file()]


def own_files(dataset: Dataset, mirror: str | None) -> list[Path]:
    """Files of a dataset that lie in a local mirror and of which the registry knows nothing else.

    These are a user's own: they may change, so that a copy of them is only as good as they are.
    """
    return [
        path
        for _, entry, _ in components("", dataset, Path())
        for file in entry.used_files
        if file.own
        for path in mirrored_copies(entry, file, mirror)
    ]


def missing_files(
    dataset: DatasetEntry | JoinedDataset, folder: Path, mirror: str | None
) -> list[DatasetFile]:
    """Files of a dataset that lie neither in its raw folder nor in a local mirror, without a look inside."""
    return [
        file
        for _, entry, place in components("", dataset, folder)
        for file in entry.used_files
        if not (place / file.name).is_file() and not mirrored_copies(entry, file, mirror)
    ]


def in_place(dataset: Dataset, folder: Path, mirror: str | None) -> bool:
    """Whether every file of a dataset lies in its raw folder or in a local mirror, without a look inside."""
    return not missing_files(dataset, folder, mirror)
