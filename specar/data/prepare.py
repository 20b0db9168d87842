"""Preparing a dataset once for all runs: verify, read, scale, write arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from specar.data.build import Arrays, build
from specar.data.layout import META
from specar.data.meta import Meta
from specar.data.registry import Dataset, DatasetFile
from specar.errors import SpecarError
from specar.files import atomic_path, git_blob_of, sha256_of, write_json


def prepare(name: str, dataset: Dataset, raw: Path, output: Path) -> None:
    """Write the arrays and ``meta.json`` of a dataset.

    The arrays of each kind are those of the classes in :mod:`specar.data.prepared`. All but M4 are
    standard-scored: each channel with the mean and the population standard deviation of the train rows
    (series) or the train file (classification, anomaly detection). Rows of a series beyond the test part
    are left out. ``meta.json`` comes last: a folder that has it is complete.

    Parameters
    ----------
    name
        Name of the dataset.
    dataset
        Its registry entry.
    raw
        Folder with the files of the dataset.
    output
        Folder to write to; an earlier preparation in it is replaced.

    Raises
    ------
    SpecarError
        A file is missing, damaged or not as its reader in :mod:`specar.data.readers` wants it, a
        value, scaled where that is done, does not fit in float32, or the folder cannot be written to.
    """
    paths = [_present(name, file, Path(raw)) for file in dataset.used_files]
    digests = {
        file.name: _verified(name, file, path) for file, path in zip(dataset.used_files, paths, strict=True)
    }
    common = {"name": name, "identity": dataset.identity(), "sha256": digests}
    arrays, meta = build(dataset, paths, common)
    _write(Path(output), arrays, meta)


def _present(name: str, file: DatasetFile, raw: Path) -> Path:
    path = raw / file.name
    if not path.is_file():
        raise SpecarError(f"dataset {name}: {path} is missing; fetch the dataset or put the file there")
    return path


def _verified(name: str, file: DatasetFile, path: Path) -> str:
    """SHA-256 of a file that is as the registry says."""
    try:
        digest = sha256_of(path)
        if file.sha256:
            what, actual, expected = "sha256", digest, file.sha256
        elif file.git_blob:
            what, actual, expected = "git blob id", git_blob_of(path), file.git_blob
        else:
            return digest
    except OSError as error:
        raise SpecarError(f"dataset {name}: cannot read {path}: {error.strerror or error}") from error
    if actual != expected:
        raise SpecarError(
            f"dataset {name}: {path} is damaged ({what} {actual[:12]}…, expected {expected[:12]}…); "
            "delete it and fetch the dataset again"
        )
    return digest


def _write(folder: Path, arrays: Arrays, meta: Meta) -> None:
    try:
        # First the old meta.json goes: beside new arrays it would lie.
        _remove(folder, [META])
        for name, array in arrays.items():
            _save(folder / name, array)
        digests = {name: sha256_of(folder / name) for name in arrays}
        described = meta.model_copy(update={"prepared_sha256": digests})
        write_json(folder / META, described.model_dump(mode="json"))
    except BaseException:
        _remove(folder, [META, *arrays])
        raise


def _save(path: Path, array: npt.NDArray[Any]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _remove(folder: Path, names: list[str]) -> None:
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise SpecarError(f"cannot replace {folder / name}: {error.strerror or error}") from error
