"""The arrays and the description of a prepared dataset, for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from specar.base.errors import SpecarError
from specar.data.meta import (
    AnomalyMeta,
    CaseCounts,
    ClassificationMeta,
    JoinedMeta,
    M4Meta,
    Meta,
    SeriesMeta,
    SeriesPart,
)
from specar.data.readers import M4Series, TsSeries, read_anomaly, read_csv, read_m4, read_ts
from specar.data.registry import AnomalyEntry, CsvDataset, Dataset, JoinedDataset, M4Dataset, TsDataset
from specar.data.treatment import Doubles, fill_gaps, fit, scaled
from specar.metrics.short_term import naive2

Arrays = dict[str, npt.NDArray[Any]]  # by file name
Common = dict[str, Any]  # the fields that all kinds of Meta have


def build(dataset: Dataset, paths: list[Path], common: Common) -> tuple[Arrays, Meta]:
    """Read the files of a dataset and return its arrays and what describes them.

    ``paths`` are in the order of ``dataset.used_files``, ``common`` is for the description. Raises
    SpecarError: a file is not as its reader wants it, files do not belong together or a value, scaled where
    that is done, does not fit in float32.
    """
    if isinstance(dataset, CsvDataset):
        return _series(dataset, paths, common)
    if isinstance(dataset, JoinedDataset):
        return _joined(dataset, paths, common)
    if isinstance(dataset, M4Dataset):
        return _m4(dataset, paths, common)
    if isinstance(dataset, TsDataset):
        return _classification(dataset, paths, common)
    return _anomaly(dataset, paths, common)


def _series(dataset: CsvDataset, paths: list[Path], common: Common) -> tuple[Arrays, SeriesMeta]:
    table = read_csv(paths[0], dataset)
    ends = dataset.splits.borders(len(table.values))
    mean, std = fit(table.values[: ends[0]])
    values = scaled(common["name"], table.values[: ends[2]], mean, std, table.columns)
    meta = SeriesMeta(
        **common,
        rows=ends[2],
        channels=values.shape[1],
        columns=list(table.columns),
        ends=ends,
        seasonality=dataset.seasonality,
        mean=mean.tolist(),
        std=std.tolist(),
    )
    return {"values.npy": values, "time_features.npy": hourly_time_features(table.dates[: ends[2]])}, meta


def hourly_time_features(dates: pd.DatetimeIndex) -> npt.NDArray[np.float32]:
    """Return the hour of the day, and the day of the week, the month and the year: float32 (rows, 4).

    Each runs from -0.5 (midnight, Monday, the 1st, 1 January) to 0.5 (23 h, Sunday, the 31st, day 366 of a
    leap year).
    """
    features = [dates.hour / 23, dates.day_of_week / 6, (dates.day - 1) / 30, (dates.day_of_year - 1) / 365]
    stacked = np.stack([np.asarray(feature, dtype=np.float64) for feature in features], axis=1)
    return (stacked - 0.5).astype(np.float32)


def _joined(dataset: JoinedDataset, paths: list[Path], common: Common) -> tuple[Arrays, JoinedMeta]:
    """Each part as it would be on its own, one behind the other."""
    arrays: list[Arrays] = []
    parts: list[SeriesPart] = []
    for (name, entry), path in zip(dataset.entries.items(), paths, strict=True):
        own, meta = _series(entry, [path], {**common, "name": name})
        if parts and meta.channels != len(parts[0].columns):
            raise SpecarError(
                f"dataset {common['name']}: {name} has {meta.channels} channels, but {parts[0].name} has "
                f"{len(parts[0].columns)}; join datasets with the same channels"
            )
        arrays.append(own)
        parts.append(SeriesPart(**meta.model_dump(include=set(SeriesPart.model_fields))))
    joined = {name: np.concatenate([own[name] for own in arrays]) for name in arrays[0]}
    columns = parts[0].columns
    return joined, JoinedMeta(**common, channels=len(columns), columns=columns, parts=parts)


def _m4(dataset: M4Dataset, paths: list[Path], common: Common) -> tuple[Arrays, Meta]:
    series = read_m4(paths[0], paths[1], dataset)
    _check_fits(common["name"], series)
    values, offsets = series.train_values, series.train_offsets
    arrays = {
        "train_values.npy": values,
        "train_offsets.npy": offsets,
        "test_values.npy": series.test_values,
        # Too slow for every run, and every run needs it: OWA is relative to it.
        "naive2.npy": naive2(values, offsets, dataset.seasonality, dataset.horizon),
    }
    meta = M4Meta(
        **common,
        series=len(series.ids),
        steps=len(values),
        horizon=dataset.horizon,
        seasonality=dataset.seasonality,
        ids=series.ids,
    )
    return arrays, meta


def _check_fits(name: str, series: M4Series) -> None:
    """Refuse what overflows in a run, which computes in float32."""
    largest = np.finfo(np.float32).max
    parts = np.split(series.train_values, series.train_offsets[1:-1])
    for index, (part, test) in enumerate(zip(parts, series.test_values, strict=True)):
        if max(np.abs(part).max(), np.abs(test).max()) > largest:
            raise SpecarError(
                f"dataset {name}: series {series.ids[index]!r} is too large for float32; rescale it"
            )


def _classification(dataset: TsDataset, paths: list[Path], common: Common) -> tuple[Arrays, Meta]:
    train = _cases_of(paths[0], dataset.channels)
    classes = train.classes
    if dataset.classes not in (None, len(classes)):
        raise SpecarError(
            f"{paths[0]} has {len(classes)} classes, not {dataset.classes}; correct the dataset"
        )
    mean, std = _fitted(common["name"], train.values)
    arrays, train_counts = _cases("train", paths[0], train, classes, common["name"], mean, std)
    del train  # the largest files hardly fit in memory together
    test = _cases_of(paths[1], len(mean))
    test_arrays, test_counts = _cases("test", paths[1], test, classes, common["name"], mean, std)
    meta = ClassificationMeta(
        **common,
        channels=len(mean),
        classes=classes,
        train=train_counts,
        test=test_counts,
        mean=mean.tolist(),
        std=std.tolist(),
    )
    return arrays | test_arrays, meta


def _fitted(name: str, train: Doubles, columns: Sequence[str] | None = None) -> tuple[Doubles, Doubles]:
    """Mean and divisor of each channel, of the values that are there."""
    if (empty := np.isnan(train).all(axis=0)).any():
        channel = int(np.argmax(empty))
        column = columns[channel] if columns else str(channel + 1)
        raise SpecarError(f"dataset {name}: column {column!r} has no value to learn from; leave it out")
    return fit(train)


def _cases_of(path: Path, channels: int | None) -> TsSeries:
    series = read_ts(path)
    if channels not in (None, series.values.shape[1]):
        raise SpecarError(
            f"{path} has {series.values.shape[1]} channels, not {channels}; "
            "use files that belong together or correct channels of the dataset"
        )
    return series


def _cases(
    part: str, path: Path, series: TsSeries, classes: list[str], name: str, mean: Doubles, std: Doubles
) -> tuple[Arrays, CaseCounts]:
    missing, lengths = fill_gaps(series.values, series.offsets), np.diff(series.offsets)
    scores = scaled(name, series.values, mean, std)
    if unknown := sorted(set(series.labels) - set(classes)):
        raise SpecarError(f"{path} has class {unknown[0]!r}, which the train file lacks; correct the file")
    codes = {label: number for number, label in enumerate(classes)}
    arrays: Arrays = {
        f"{part}_values.npy": scores,
        f"{part}_offsets.npy": series.offsets,
        f"{part}_labels.npy": np.array([codes[label] for label in series.labels], dtype=np.int64),
    }
    if len(known := set(series.labels)) < 2:  # whoever always says it is always right
        raise SpecarError(
            f"{path}: every case is of class {known.pop()!r}; give cases of two classes or more"
        )
    longest = int(lengths.max())
    return arrays, CaseCounts(cases=len(lengths), steps=len(scores), longest=longest, missing=missing)


def _anomaly(dataset: AnomalyEntry, paths: list[Path], common: Common) -> tuple[Arrays, Meta]:
    series = read_anomaly(paths, dataset)
    mean, std = _fitted(common["name"], series.train, series.columns)
    arrays: Arrays = {
        "train.npy": scaled(common["name"], series.train, mean, std, series.columns),
        "test.npy": scaled(common["name"], series.test, mean, std, series.columns),
        "labels.npy": series.labels,
    }
    meta = AnomalyMeta(
        **common,
        channels=len(mean),
        columns=None if series.columns is None else list(series.columns),
        train_ends=list(series.train_ends),
        test_ends=list(series.test_ends),
        mean=mean.tolist(),
        std=std.tolist(),
        missing=series.missing,
    )
    return arrays, meta
