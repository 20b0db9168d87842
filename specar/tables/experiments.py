"""What the experiments of the paper are in this pipeline, in the paper's notation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

from specar.base.files import read_json
from specar.config import Config, RunConfig, expand
from specar.data.entries import DatasetEntry
from specar.data.meta import META
from specar.data.registry import M4Dataset, builtin_datasets
from specar.models.specar.config import default_dilations
from specar.paper.sources import metrics_of

ALL = "all"
Runs: TypeAlias = Sequence[RunConfig]


def paper_runs() -> list[RunConfig]:
    """Return the runs of the paper in full, resolved; neither seeds nor TOP matter here."""
    runs = expand(Config(seeds=[1], top=[False])).values()
    return [run for run in runs if run.model.module == "specar"]


def own_text(runs: Runs, task: str, item: str, prepared: Path | None) -> str:
    """Return what an item of ``experiment_settings.csv`` is here; empty where it is none or not known.

    ``prepared`` is the folder of prepared datasets, if there is one.
    """
    own = [run for run in runs if task in (ALL, run.task)]
    if (task, item) == ("classification", "series_length"):
        lengths = [_longest_case(run, prepared) for run in own]
        return _range(lengths) if all(lengths) else ""
    return _OWN[item](own) if item in _OWN else ""


def _longest_case(run: RunConfig, prepared: Path | None) -> int | None:
    """Steps of the longest case of a run's dataset; None where it is not prepared."""
    place = prepared / run.dataset / META if prepared else None
    meta = read_json(place) if place and place.exists() else {}
    if meta.get("identity") != run.data:
        return None
    return max(int(meta[part]["longest"]) for part in ("train", "test"))


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


def _metrics(runs: Runs) -> str:
    return _joined(metric.label for metric in metrics_of(runs[0].task, "published").values())


def _horizon(run: RunConfig) -> int:
    dataset = builtin_datasets()[run.dataset]
    return dataset.horizon if isinstance(dataset, M4Dataset) else int(run.horizon or 0)


def _seq_len(run: RunConfig) -> object:
    return run.seq_len


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
    "metrics": _metrics,
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
