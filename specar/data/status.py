"""What is there of the datasets, and what still needs them. Of their files, it reads only meta.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specar.base.errors import SpecarError
from specar.base.files import read_json
from specar.data.entries import DatasetFile, Kind
from specar.data.meta import META
from specar.data.mirror import in_place
from specar.data.registry import Dataset, JoinedDataset


@dataclass(frozen=True)
class DatasetRow:
    """A dataset in a listing."""

    name: str
    state: str  # of dataset_state
    size: str  # MB of its files; "≥ 80.85": with that of an archive for an unknown one; "?": none is known
    kind: Kind
    licence: str
    source: str
    caution: str | None  # why numbers on it do not compare with published ones


def dataset_state(dataset: Dataset, raw: Path, prepared: Path, mirror: str | None = None) -> str:
    """Return "missing", "on request", "downloaded" or "prepared" (from this very entry), by its own folders.

    A dataset on request that is missing but lies in the mirror is "missing".
    """
    if _value(prepared / META, "identity") == dataset.identity():  # not of an earlier entry
        return "prepared"
    if in_place(dataset, raw, None):
        return "downloaded"
    return "on request" if dataset.restricted and not in_place(dataset, raw, mirror) else "missing"


def listing(
    datasets: Mapping[str, Dataset], raw: Path, prepared: Path, mirror: str | None = None
) -> list[DatasetRow]:
    """List datasets in their order; ``raw`` and ``prepared`` have one folder per dataset."""
    return [
        DatasetRow(
            name=name,
            state=dataset_state(dataset, raw / name, prepared / name, mirror),
            size=_size(dataset.used_files),
            kind=dataset.kind,
            licence=dataset.licence,
            source=dataset.source,
            caution=dataset.caution,
        )
        for name, dataset in datasets.items()
    ]


def without_hash(datasets: Mapping[str, Dataset]) -> list[str]:
    """Files of which no hash is known, as ``<dataset>/<name>``; that of an archive may still check them."""
    return [
        f"{name}/{file.name}"
        for name, dataset in datasets.items()
        for file in (() if isinstance(dataset, JoinedDataset) else dataset.used_files)
        if not file.hashed
    ]


def _size(files: list[DatasetFile]) -> str:
    known = sum(file.bytes or 0 for file in files)
    unknown = [file for file in files if file.bytes is None]
    # The first archive is the one that is downloaded, once for all its members.
    archives = {archive.url: archive.bytes or 0 for file in unknown for archive in file.archives[:1]}
    total = known + sum(archives.values())
    if unknown and not total:
        return "?"
    return f"{'≥ ' if unknown else ''}{total / 1e6:.2f}"


def needs_data(records: Iterable[Path], prepared: Path, own_files: Iterable[Path]) -> bool:
    """Whether one of the records has to be made, or made again, from the dataset in the folder ``prepared``.

    Data that was deleted is not needed for a record that is there. What the record was made of, beside a
    user's own files, which may change, is named by its id.
    """
    changed = max((path.stat().st_mtime_ns for path in own_files if path.exists()), default=0)
    there = _value(prepared / META, "prepared_sha256")
    return any(_is_old(record, changed, there) for record in records)


def _is_old(record: Path, changed: int, there: Any) -> bool:
    if not record.exists() or record.stat().st_mtime_ns < changed:
        return True
    data = _value(record, "data")
    return not isinstance(data, dict) or there not in (None, data.get("prepared_sha256"))


def _value(path: Path, key: str) -> Any:
    """Value of a JSON file; None where it is missing or damaged."""
    try:
        return read_json(path)[key]
    except (SpecarError, KeyError, TypeError):
        return None
