"""Where the files of a dataset lie: in its own raw folder, or in those of the parts that it joins."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from specar.data.registry import DatasetEntry, JoinedDataset


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
