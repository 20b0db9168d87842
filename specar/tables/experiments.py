"""What the experiments of the paper are in this pipeline, in the paper's notation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Self

from specar.base.files import read_json
from specar.config import Config, RunConfig, expand
from specar.data.entries import DatasetEntry
from specar.data.meta import META
from specar.data.registry import M4Dataset, builtin_datasets
from specar.models.specar.config import default_dilations
from specar.paper.sources import metrics_of

ALL = "all"


@dataclass(frozen=True)
class Experiments:
    """The runs of the paper in full, resolved, and the folder of prepared datasets if there is one."""

    runs: tuple[RunConfig, ...]
    prepared: Path | None

    @classmethod
    def of_paper(cls, prepared: Path | None = None) -> Self:
        """Resolve the default configuration; neither seeds nor TOP matter here."""
        return cls(tuple(expand(Config(seeds=[1], top=[False])).values()), prepared)

    def of(self, task: str) -> list[RunConfig]:
        """Runs of a task, or of all."""
        return [run for run in self.runs if task in (ALL, run.task)]

    def longest_case(self, run: RunConfig) -> int | None:
        """Steps of the longest case of a run's classification dataset; None where it is not prepared."""
        place = self.prepared / run.dataset / META if self.prepared else None
        if place is None or not place.exists():
            return None
        meta = read_json(place)
        if meta.get("identity") != run.data:
            return None
        return max(int(meta[part]["longest"]) for part in ("train", "test"))


def own_text(experiments: Experiments, task: str, item: str) -> str:
    """Return what an item of ``experiment_settings.csv`` is here; empty where it is none or not known."""
    find = _OWN.get(item)
    return find(experiments, task) if find else ""


def _joined(values: Iterable[object]) -> str:
    return "; ".join(map(str, values))


def _datasets(experiments: Experiments, task: str) -> str:
    """Datasets of a task; those that share a folder of the mirror are subsets of one."""
    folders: dict[str, list[str]] = {}
    for name in dict.fromkeys(run.dataset for run in experiments.of(task)):
        dataset = builtin_datasets()[name]
        if isinstance(dataset, DatasetEntry):  # a joined one repeats its parts
            folders.setdefault(dataset.folder.split("/")[0], []).append(name)
    return _joined(
        f"{folder.upper()} ({len(names)} subsets)" if len(names) > 1 else names[0]
        for folder, names in folders.items()
    )


def _metrics(experiments: Experiments, task: str) -> str:
    return _joined(metric.label for metric in metrics_of(task, "published").values())


def _horizons_of(run: RunConfig) -> int:
    dataset = builtin_datasets()[run.dataset]
    return dataset.horizon if isinstance(dataset, M4Dataset) else int(run.horizon or 0)


def _per_dataset(
    experiments: Experiments,
    task: str,
    value: Callable[[RunConfig], object],
    text: Callable[[list[object]], str],
) -> str:
    """What the datasets of a task have in common, and in brackets those that differ from most."""
    found: dict[str, list[object]] = {}
    for run in experiments.of(task):
        values = found.setdefault(run.dataset, [])
        if (new := value(run)) not in values:
            values.append(new)
    texts = {name: text(values) for name, values in found.items()}
    common = max(dict.fromkeys(texts.values()), key=list(texts.values()).count)
    others = [f"{name}: {own}" for name, own in texts.items() if own != common]
    return f"{common} ({'; '.join(others)})" if others else common


def _range(values: Iterable[object]) -> str:
    numbers = sorted({int(str(value)) for value in values})
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def _series_length(experiments: Experiments, task: str) -> str:
    """Steps that are forecast, or that an example has: what the paper calls the length of the series."""
    if task == "classification":
        return _case_lengths(experiments)
    if task == "short_term_forecast":
        return _range(map(_horizons_of, experiments.of(task)))
    of_run = _horizons_of if task == "long_term_forecast" else _seq_len
    return _per_dataset(experiments, task, of_run, _range)


def _seq_len(run: RunConfig) -> object:
    return run.seq_len


def _case_lengths(experiments: Experiments) -> str:
    lengths = [experiments.longest_case(run) for run in experiments.of("classification")]
    return _range(lengths) if all(lengths) else ""


def _input_length(experiments: Experiments, task: str) -> str:
    return _per_dataset(experiments, task, _seq_len, _range)


def _horizons(experiments: Experiments, task: str) -> str:
    if task == "short_term_forecast":
        return _joined(sorted({_horizons_of(run) for run in experiments.of(task)}))
    return _per_dataset(experiments, task, _horizons_of, _joined)


def _mask_ratios(experiments: Experiments, task: str) -> str:
    return _joined(sorted({run.mask_ratio for run in experiments.of(task) if run.mask_ratio}))


def _each(*names: str) -> Callable[[Experiments, str], str]:
    """All values of settings of the model."""

    def text(experiments: Experiments, task: str) -> str:
        return _joined(
            sorted({getattr(run.model.settings, name) for run in experiments.of(task) for name in names})
        )

    return text


def _extent(*names: str) -> Callable[[Experiments, str], str]:
    """Smallest and largest value of settings of the model."""

    def text(experiments: Experiments, task: str) -> str:
        values = {getattr(run.model.settings, name) for run in experiments.of(task) for name in names}
        return f"from {min(values)} to {max(values)}"

    return text


def _dilation(experiments: Experiments, task: str) -> str:
    paper, released = default_dilations(9, "paper"), default_dilations(9, "released")
    if paper == [2 * k + 1 for k in range(9)] and released != paper:
        return f"2k+1 for block k; released: {', '.join(map(str, released[:3]))}, … after a 1x1 convolution"
    return f"paper: {paper[:3]}; released: {released[:3]}"


def _software(experiments: Experiments, task: str) -> str:
    return f"PyTorch {version('torch')}"


_OWN: dict[str, Callable[[Experiments, str], str]] = {
    "datasets": _datasets,
    "metrics": _metrics,
    "series_length": _series_length,
    "input_length": _input_length,
    "horizons": _horizons,
    "mask_ratios": _mask_ratios,
    "window_length": _each("window_length"),
    "window_length and n_fft": _each("window_length", "n_fft"),
    "hop_length": _each("hop_length"),
    "window_function": _each("window"),
    "d_model and d_ff": _extent("d_model", "d_ff"),
    "e_layers": _each("e_layers"),
    "conv_layers": _extent("conv_layers"),
    "dilation": _dilation,
    "software": _software,
}
# Items that can be told from the configuration, the registry, or prepared data.
ITEMS = frozenset(_OWN)
