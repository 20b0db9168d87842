"""How many examples a run has and how large they are: of prepared data, or of the registry's sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from specar.config import RunConfig
from specar.data.entries import CaseCounts
from specar.data.meta import META, AnomalyMeta, ClassificationMeta, JoinedMeta, M4Meta, Meta, SeriesMeta
from specar.data.registry import (
    AnomalyEntry,
    CsvDataset,
    Dataset,
    JoinedDataset,
    M4Dataset,
    MachinesDataset,
    NpyDataset,
    TsDataset,
)
from specar.data.windows import AnomalyWindows, Split, part_rows, window_starts
from specar.models.shape import SeriesShape

Ends = tuple[int, int, int]
_META: TypeAdapter[Meta] = TypeAdapter(Meta)


@dataclass(frozen=True)
class Examples:
    """Numbers of the examples of a run, and the ``shape`` of one.

    ``scored`` are evaluated once more at the end, for the threshold of anomaly detection.
    """

    shape: SeriesShape
    train: int
    val: int
    test: int
    scored: int = 0


def read_meta(folder: Path) -> Meta | None:
    """Return what describes a prepared dataset; None where it is not prepared or damaged."""
    try:
        return _META.validate_json((folder / META).read_bytes())
    except (OSError, ValidationError):
        return None


def examples_of(run: RunConfig, entry: Dataset, meta: Meta | None = None) -> Examples | None:
    """Return the examples of a run; None where the sizes of its dataset are not known.

    ``entry`` is that of its dataset in the registry, ``meta`` describes the prepared dataset, if it is
    prepared; that of another version is passed over.
    """
    if meta is not None and meta.identity == run.data:
        return _of_meta(run, meta)
    return _of_entry(run, entry)


def _of_meta(run: RunConfig, meta: Meta) -> Examples:
    match meta:
        case SeriesMeta():
            return _windows(run, meta.channels, [meta.ends])
        case JoinedMeta():
            return _windows(run, meta.channels, [part.ends for part in meta.parts])
        case M4Meta():
            return _series(run, meta.series, meta.horizon)
        case ClassificationMeta():
            longest = max(meta.train.longest, 0 if run.protocol == "strict" else meta.test.longest)
            counts = CaseCounts(train=meta.train.cases, test=meta.test.cases, longest=longest)
            return _cases(run, meta.channels, len(meta.classes), counts)
        case AnomalyMeta():
            return _anomalies(run, meta.channels, meta.train_ends, meta.test_ends)


def _of_entry(run: RunConfig, entry: Dataset) -> Examples | None:
    match entry:
        case CsvDataset() | JoinedDataset():
            return _of_series(run, [entry] if isinstance(entry, CsvDataset) else entry.entries.values())
        case M4Dataset() if entry.series:
            return _series(run, entry.series, entry.horizon)
        case TsDataset() if entry.channels and entry.classes and entry.sizes:
            return _cases(run, entry.channels, entry.classes, entry.sizes)
        case AnomalyEntry() if entry.channels and (ends := _ends(entry)):
            return _anomalies(run, entry.channels, *ends)
    return None


def _of_series(run: RunConfig, entries: Iterable[CsvDataset]) -> Examples | None:
    parts, channels = [], 0
    for entry in entries:
        if entry.sizes is None or entry.channels is None:
            return None
        parts.append(entry.splits.borders(entry.sizes.rows))
        channels = entry.channels
    return _windows(run, channels, parts)


def _ends(entry: AnomalyEntry) -> tuple[list[int], list[int]] | None:
    """Ends of the joined parts of train and test; of a part of the machines, their share of all rows."""
    if isinstance(entry, NpyDataset) and entry.train_lengths and entry.test_lengths:
        return list(accumulate(entry.train_lengths)), list(accumulate(entry.test_lengths))
    if entry.sizes is None:
        return None
    share = 1.0
    if isinstance(entry, MachinesDataset):
        share = len(entry.machines) * len(entry.roles) / len(entry.files)
    return [round(entry.sizes.train * share)], [round(entry.sizes.test * share)]


def _windows(run: RunConfig, channels: int, parts: Sequence[Ends]) -> Examples:
    assert run.seq_len is not None
    seq_len, horizon = run.seq_len, run.horizon or 0

    def count(split: Split) -> int:
        rows = (part_rows(ends, split, seq_len) for ends in parts)
        return sum(len(window_starts(part, seq_len, horizon)) for part in rows)

    return Examples(SeriesShape(channels, seq_len, horizon), count("train"), count("val"), count("test"))


def _series(run: RunConfig, series: int, horizon: int) -> Examples:
    assert run.seq_len is not None
    return Examples(SeriesShape(1, run.seq_len, horizon, time_features=0), series, series, series)


def _cases(run: RunConfig, channels: int, classes: int, counts: CaseCounts) -> Examples:
    shape = SeriesShape(channels, run.seq_len or counts.longest, time_features=0, classes=classes)
    if run.protocol == "published":
        return Examples(shape, counts.train, counts.test, counts.test)
    # Rounded once here and per class there: a case or two of each class more or less.
    held_out = round(counts.train * (run.task_settings.val_share or 0))
    return Examples(shape, counts.train - held_out, held_out, counts.test)


def _anomalies(run: RunConfig, channels: int, train: Sequence[int], test: Sequence[int]) -> Examples:
    assert run.seq_len is not None
    strict = run.protocol == "strict"
    windows = AnomalyWindows(train, test, run.seq_len, run.task_settings, strict)

    def count(split: Split) -> int:
        return sum(len(rows) for span in windows.starts(split) for rows in span)

    shape = SeriesShape(channels, run.seq_len, time_features=0)
    scored = count("val" if strict else "train")
    return Examples(shape, count("train"), count("val"), count("test"), scored)
