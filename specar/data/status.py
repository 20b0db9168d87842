"""What is there of the datasets, for listings. Of the files, it reads only meta.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from specar.base.errors import SpecarError
from specar.base.files import read_json
from specar.data.layout import META
from specar.data.mirror import in_place
from specar.data.registry import Dataset, DatasetFile, JoinedDataset, Kind


@dataclass(frozen=True)
class DatasetRow:
    """A dataset in a listing."""

    name: str
    state: str  # of dataset_state
    size: (
        str  # MB of its files; "≥ 80.85": that of an archive stands in for an unknown one; "?": none is known
    )
    kind: Kind
    licence: str
    source: str
    caution: str | None  # why numbers on it do not compare with published ones


def dataset_state(dataset: Dataset, raw: Path, prepared: Path, mirror: str | None = None) -> str:
    """Return "missing", "on request", "downloaded" or "prepared" (from this very entry), by its own folders.

    A dataset on request that is missing but lies in the mirror is "missing".
    """
    if _is_prepared(dataset, prepared):
        return "prepared"
    if in_place(dataset, raw, None):
        return "downloaded"
    return "on request" if dataset.restricted and not in_place(dataset, raw, mirror) else "missing"


def _is_prepared(dataset: Dataset, prepared: Path) -> bool:
    """Whether the arrays are of this entry, not of an earlier one with other files or settings."""
    try:
        meta = read_json(prepared / META)
    except SpecarError:
        return False
    return isinstance(meta, dict) and meta.get("identity") == dataset.identity()


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
