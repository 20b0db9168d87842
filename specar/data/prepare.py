"""Preparing a dataset once for all runs: verify, read, scale, write arrays."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from specar.base.errors import Damaged, SpecarError
from specar.base.files import atomic_path, json_text, sha256_of
from specar.base.locks import read_lock, write_lock
from specar.data.entries import DatasetFile
from specar.data.meta import META, Meta
from specar.data.mirror import components, file_key, in_place
from specar.data.prepared import PreparedData, read_prepared
from specar.data.registry import Dataset

if TYPE_CHECKING:
    from specar.data.build import Arrays, Common

_log = logging.getLogger(__name__)


def prepare(name: str, dataset: Dataset, raw: Path, output: Path) -> None:
    """Write the arrays and ``meta.json`` of a dataset, unless they are there and of these very files.

    The arrays of each kind are those of the classes in :mod:`specar.data.prepared`. All but M4 are
    standard-scored: each channel with the mean and the population standard deviation of the train rows
    (series; each part of a joined one by its own) or the train file (classification, anomaly detection), of
    the values that are there; what is missing becomes the mean, unless the entry says otherwise. Rows of a
    series beyond the test part are left out. ``meta.json`` comes last: a folder that has it is complete; an
    earlier preparation is replaced once the new one is complete. Several processes may prepare at once: one
    does it, the others wait and find it done.

    Raises SpecarError: a file is missing, damaged or not as its reader in :mod:`specar.data.readers` wants
    it, a value, scaled where that is done, does not fit in float32, or the folder cannot be written to.
    """
    raw, output = Path(raw), Path(output)
    parts = components(name, dataset, raw)
    with ExitStack() as locks:
        for part in parts:
            locks.enter_context(read_lock(part.folder))
        locks.enter_context(write_lock(output, f"prepares {name}"))
        paths = [_present(part.name, file, part.folder) for part in parts for file in part.entry.used_files]
        digests = {
            file_key(dataset, raw, path): _verified(name, file, path)
            for file, path in zip(dataset.used_files, paths, strict=True)
        }
        common = {"name": name, "identity": dataset.identity(), "sha256": digests}
        lacks = _lacks(output, common)
        if not lacks:
            _log.info("dataset %s is prepared already; delete %s to prepare it again", name, output)
            return
        if (output / META).exists():
            _log.warning("dataset %s is prepared again: %s", name, lacks)
        from specar.data.build import build  # imports pandas, which a run without damage does not need

        _write(output, *build(dataset, paths, common))


def mend(name: str, dataset: Dataset, raw: Path, output: Path) -> None:
    """Prepare a dataset again if its arrays are damaged and its files in place; raises as `prepare`."""
    try:
        PreparedData.load(output)
    except SpecarError as error:
        if isinstance(error, Damaged) and in_place(dataset, raw, None):
            prepare(name, dataset, raw, output)


def _lacks(folder: Path, common: Common) -> str:
    """Why what is prepared in a folder will not do; empty where it is whole and of what ``common`` says."""
    try:
        meta = read_prepared(folder).meta
    except SpecarError as error:
        return str(error).partition("; run")[0]
    changed = [key for key, value in common.items() if meta[key] != value]
    words = {"identity": "its registry entry has changed", "sha256": "its files have changed"}
    return words.get(changed[0], f"it is of {meta['name']}") if changed else ""


def _present(name: str, file: DatasetFile, folder: Path) -> Path:
    path = folder / file.name
    if not path.is_file():
        raise SpecarError(f"dataset {name}: {path} is missing; fetch the dataset or put the file there")
    return path


def _verified(name: str, file: DatasetFile, path: Path) -> str:
    """SHA-256 of a file that is as the registry says."""
    try:
        if problem := file.wrong_hash(path):
            raise SpecarError(
                f"dataset {name}: {path} is damaged ({problem}); delete it and fetch the dataset again"
            )
        return file.sha256 or sha256_of(path)
    except OSError as error:
        raise SpecarError(f"dataset {name}: cannot read {path}: {error.strerror or error}") from error


def _write(folder: Path, arrays: Arrays, meta: Meta) -> None:
    digests = {}
    with ExitStack() as parts:  # they get their names at the end, the last one first
        description = parts.enter_context(atomic_path(folder / META))
        for name, array in arrays.items():
            part = parts.enter_context(atomic_path(folder / name))
            _save(part, array)
            digests[name] = sha256_of(part)
        described = meta.model_copy(update={"prepared_sha256": digests})
        description.write_text(json_text(described.model_dump(mode="json")), encoding="utf-8")
        # The old meta.json goes first: beside new arrays it would lie.
        (folder / META).unlink(missing_ok=True)


def _save(path: Path, array: npt.NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
