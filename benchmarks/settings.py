"""Settings that the speed is measured at, and data of their shape: noise, which takes the same time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from specar.config import RunConfig, expand, parse_config
from specar.data.prepared import AnomalyData, ClassificationData, PreparedData, SeriesData

_CLASSES = 9


@dataclass(frozen=True)
class Setting:
    """A cell of the paper with the authors' hyper-parameters, or with ``changes`` to them.

    Attributes
    ----------
    channels
        Channels of the dataset.
    steps
        Length of a series, for classification.
    changes
        Settings of the configuration in place of the authors'.
    models
        The models that it is measured of; by default those that are asked for.
    """

    title: str
    entry: dict[str, Any]
    channels: int
    steps: int = 0
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: tuple[str, ...] = ()

    def run(self, model: str, precision: str) -> RunConfig:
        """The run of the setting, without TOP."""
        matrix = [{**self.entry, "models": [model], "top": [False], "seeds": [1]}]
        training = {**self.changes.get("training", {}), "precision": precision}
        changes = {**self.changes, "training": training}
        (run,) = expand(parse_config({"matrix": matrix, **changes})).values()
        return run

    def data(self, run: RunConfig) -> PreparedData:
        """Noise in the shape of the dataset, enough for a few batches."""
        random = np.random.default_rng(0)
        known: dict[str, Any] = {"name": run.dataset, "sha256": {}, "meta": {"identity": run.data}}
        if run.task == "classification":
            return self._cases(random, 4 * run.training.batch_size, known)
        part = (run.seq_len or 0) + (run.horizon or 0) + 4 * run.training.batch_size
        values = random.normal(size=(3 * part, self.channels)).astype(np.float32)
        if run.task == "anomaly_detection":
            labels, ends = random.random(3 * part) < 0.1, (3 * part,)
            return AnomalyData(
                **known, train=values, test=values, labels=labels, train_ends=ends, test_ends=ends
            )
        features = random.normal(size=(3 * part, 4)).astype(np.float32)
        ends = (part, 2 * part, 3 * part)
        return SeriesData(**known, values=values, time_features=features, ends=ends, seasonality=24)

    def _cases(self, random: np.random.Generator, cases: int, known: dict[str, Any]) -> ClassificationData:
        values = random.normal(size=(cases * self.steps, self.channels)).astype(np.float32)
        offsets, labels = np.arange(cases + 1) * self.steps, np.arange(cases) % _CLASSES
        return ClassificationData(
            **known,
            train_values=values,
            train_offsets=offsets,
            train_labels=labels,
            test_values=values,
            test_offsets=offsets,
            test_labels=labels,
            classes=[f"class {number}" for number in range(_CLASSES)],
        )


def _entry(task: str, dataset: str, **setting: Any) -> dict[str, Any]:
    return {"task": task, "datasets": [dataset], **setting}


_FORECAST = "long_term_forecast"
_TIMESNET = {"d_model": 16, "d_ff": 32, "e_layers": 2, "top_k": 5}
SETTINGS = {
    "etth1": Setting("ETTh1, horizon 96", _entry(_FORECAST, "ETTh1", horizons=[96]), 7),
    "etth1-imputation": Setting(
        "ETTh1, imputation 25 %", _entry("imputation", "ETTh1", mask_ratios=[0.25]), 7
    ),
    "timesnet": Setting(
        "ETTh1, horizon 96, TimesNet, batch 8 of 32",
        _entry(_FORECAST, "ETTh1", horizons=[96]),
        7,
        changes={"models": {"timesnet": {"settings": _TIMESNET}}, "training": {"batch_size": 8}},
        models=("timesnet",),
    ),
    "exchange": Setting("Exchange, horizon 96", _entry(_FORECAST, "Exchange", horizons=[96]), 8),
    "msl": Setting("MSL", _entry("anomaly_detection", "MSL"), 55),
    "japanesevowels": Setting("JapaneseVowels", _entry("classification", "JapaneseVowels"), 12, 29),
    "ili": Setting("ILI, horizon 24", _entry(_FORECAST, "ILI", horizons=[24]), 7),
    "traffic": Setting("Traffic, horizon 96", _entry(_FORECAST, "Traffic", horizons=[96]), 862),
}
# On a CPU: a step at the authors' sizes takes minutes there.
SMALLER = {
    "ili": Setting(
        "ILI, horizon 24, d_model 64 of 768",
        _entry(_FORECAST, "ILI", horizons=[24]),
        7,
        changes={"model": {"d_model": 64, "d_ff": 64}},
    ),
    "traffic": Setting(
        "Traffic, horizon 96, d_model 32 of 512, batch 8 of 64",
        _entry(_FORECAST, "Traffic", horizons=[96]),
        862,
        changes={"model": {"d_model": 32, "d_ff": 32}, "training": {"batch_size": 8}},
    ),
    "msl": Setting(
        "MSL, batch 32 of 128",
        _entry("anomaly_detection", "MSL"),
        55,
        changes={"training": {"batch_size": 32}},
    ),
}
