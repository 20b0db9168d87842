"""Table 1 of the paper, the experiments: computed from configuration and registry, beside what is stated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from specar.base.files import read_json
from specar.config import Config, RunConfig, expand
from specar.data.entries import DatasetEntry
from specar.data.meta import META
from specar.data.registry import M4Dataset, builtin_datasets
from specar.models.specar.config import default_dilations
from specar.paper import SETUP
from specar.paper.numbers import read_published
from specar.paper.sources import metrics_of, source_of
from specar.tables.table import DIFFERS, TEXT, Cell, Column, Line, Table
from specar.tables.task import records_of

COLUMNS = ["table", "source", "task", "item", "own", "stated", "differs"]
_HEADINGS = ("This pipeline", "The paper states", "Where")
_PLACES = {"main:1": "Table 1", "main:text": "text", "appendix:text": "appendix"}
# What the paper writes in another way than the registry, the configuration or our tables.
_ALIASES = {"ett": "ett (4 subsets)", "f1-score": "f1", "rectangular": "rectangle"}


def setup_rows(prepared: Path | None = None) -> pd.DataFrame:
    """Return what the paper states of its experiments, beside what this pipeline does by default.

    ``prepared`` is a folder of prepared datasets: only the data say how long the series of a classification
    set are. ``own`` is empty where the pipeline has no such setting or it is not known; then it does not
    count as one that ``differs``.
    """
    expanded = expand(Config(seeds=[1], top=[False])).values()  # neither seeds nor TOP matter here
    runs, rows = [run for run in expanded if run.model.module == "specar"], []
    for stated in records_of(read_published("experiment_settings")):
        own = own_text(runs, stated["task"], stated["item"], prepared)
        value = {"table": SETUP, **stated, "stated": stated["stated_value"], "own": own}
        rows.append({**value, "differs": bool(own) and _tokens(own) != _tokens(stated["stated_value"])})
    return pd.DataFrame(rows)[COLUMNS]


def setup_table(rows: pd.DataFrame) -> Table:
    """Return Table 1 from what `setup_rows` returns."""
    groups = rows.groupby("task", sort=False)
    differ = int(rows["differs"].sum())
    return Table(
        id=SETUP,
        title="Main Table 1: The experiment configurations",
        names=("Task", "Setting"),
        columns=tuple(Column((text,), text, prose=True) for text in _HEADINGS),
        blocks=tuple(tuple(map(_line, records_of(own))) for _, own in groups),
        notes=(
            "This pipeline: computed from the dataset registry and the configuration of the paper in full, "
            "which has the hyper-parameters of the authors' scripts.",
            "The paper: its Table 1, its text and its appendix.",
        ),
        legend=(f"{DIFFERS}: differs from what the paper states ({differ} of {len(rows)} settings).",),
    )


def _line(row: dict[str, object]) -> Line:
    task, item = str(row["task"]), str(row["item"])
    name = "All tasks" if task == ALL else source_of(task).title
    unknown = "known once the data are prepared" if item in ITEMS else "not a setting"
    cells = (
        Cell(TEXT, str(row["own"]) or unknown, differs=bool(row["differs"])),
        Cell(TEXT, str(row["stated"])),
        Cell(TEXT, _PLACES[str(row["source"])]),
    )
    return Line((name, re.sub(r"_(?=length|function|size|ratios)", " ", item)), cells)


def _tokens(text: str) -> set[str]:
    parts = (part.strip().lower() for part in text.split(";"))
    return {_ALIASES.get(part, part) for part in parts}


ALL = "all"
Runs: TypeAlias = Sequence[RunConfig]
_seq_len = attrgetter("seq_len")


def own_text(runs: Runs, task: str, item: str, prepared: Path | None) -> str:
    """Return what an item of ``experiment_settings.csv`` is here; empty where it is none or not known.

    ``prepared`` is the folder of prepared datasets, if there is one.
    """
    own = [run for run in runs if task in (ALL, run.task)]
    if (task, item) != ("classification", "series_length"):
        return _OWN[item](own) if item in _OWN else ""
    lengths = []
    for run in own:
        place = prepared / run.dataset / META if prepared else None
        meta = read_json(place) if place and place.exists() else {}
        if meta.get("identity") != run.data:
            return ""
        lengths.append(max(int(meta[part]["longest"]) for part in ("train", "test")))
    return _range(lengths)


def _joined(values: Iterable[object]) -> str:
    return "; ".join(map(str, values))


def _range(values: Iterable[object]) -> str:
    numbers = sorted({int(str(value)) for value in values})
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def _datasets(runs: Runs) -> str:
    """Datasets that share a folder of the mirror are subsets of one."""
    folders: dict[str, list[str]] = {}
    for name in dict.fromkeys(run.dataset for run in runs):
        dataset = builtin_datasets()[name]
        if isinstance(dataset, DatasetEntry):  # a joined one repeats its parts
            folders.setdefault(dataset.folder.split("/")[0], []).append(name)
    return _joined(
        f"{folder.upper()} ({len(names)} subsets)" if len(names) > 1 else names[0]
        for folder, names in folders.items()
    )


def _horizon(run: RunConfig) -> int:
    dataset = builtin_datasets()[run.dataset]
    return dataset.horizon if isinstance(dataset, M4Dataset) else int(run.horizon or 0)


def _per_dataset(
    runs: Runs, value: Callable[[RunConfig], object], text: Callable[[list[object]], str]
) -> str:
    """What the datasets of a task have in common, and in brackets those that differ from most."""
    found: dict[str, dict[object, None]] = {}
    for run in runs:
        found.setdefault(run.dataset, {})[value(run)] = None
    texts = {name: text(list(values)) for name, values in found.items()}
    common = max(dict.fromkeys(texts.values()), key=list(texts.values()).count)
    others = [f"{name}: {own}" for name, own in texts.items() if own != common]
    return f"{common} ({'; '.join(others)})" if others else common


def _series_length(runs: Runs) -> str:
    """Steps that are forecast, or that an example has: what the paper calls the length of the series."""
    if runs[0].task == "short_term_forecast":
        return _range(map(_horizon, runs))
    return _per_dataset(runs, _horizon if runs[0].task == "long_term_forecast" else _seq_len, _range)


def _horizons(runs: Runs) -> str:
    if runs[0].task == "short_term_forecast":
        return _joined(sorted({_horizon(run) for run in runs}))
    return _per_dataset(runs, _horizon, _joined)


def _settings(runs: Runs, *names: str) -> list[int]:
    """All values of settings of the model."""
    return sorted({getattr(run.model.settings, name) for run in runs for name in names})


def _extent(runs: Runs, *names: str) -> str:
    values = _settings(runs, *names)
    return f"from {values[0]} to {values[-1]}"


def _dilation(runs: Runs) -> str:
    paper, released = default_dilations(9, "paper"), default_dilations(9, "released")
    if paper == [2 * k + 1 for k in range(9)] and released != paper:
        return f"2k+1 for block k; released: {', '.join(map(str, released[:3]))}, … after a 1x1 convolution"
    return f"paper: {paper[:3]}; released: {released[:3]}"


_OWN: dict[str, Callable[[Runs], str]] = {
    "datasets": _datasets,
    "metrics": lambda runs: _joined(one.label for one in metrics_of(runs[0].task, "published").values()),
    "series_length": _series_length,
    "input_length": lambda runs: _per_dataset(runs, _seq_len, _range),
    "horizons": _horizons,
    "mask_ratios": lambda runs: _joined(sorted({run.mask_ratio for run in runs if run.mask_ratio})),
    "window_length": lambda runs: _joined(_settings(runs, "window_length")),
    "window_length and n_fft": lambda runs: _joined(_settings(runs, "window_length", "n_fft")),
    "hop_length": lambda runs: _joined(_settings(runs, "hop_length")),
    "window_function": lambda runs: _joined(_settings(runs, "window")),
    "d_model and d_ff": lambda runs: _extent(runs, "d_model", "d_ff"),
    "e_layers": lambda runs: _joined(_settings(runs, "e_layers")),
    "conv_layers": lambda runs: _extent(runs, "conv_layers"),
    "dilation": _dilation,
    "software": lambda runs: f"PyTorch {version('torch')}",
}
# Items that can be told from the configuration, the registry, or prepared data.
ITEMS = frozenset(_OWN)
