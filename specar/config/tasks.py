"""What the configuration has to know of each task; what a task does: `specar.tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specar.data.entries import Kind


@dataclass(frozen=True)
class TaskInfo:
    """One task as an axis of the matrix."""

    kind: Kind  # of the datasets that it can run on
    baselines: tuple[str, ...]  # its naive floors
    seq_len: int | None = None  # look-back where an experiment gives none; None: follows from the dataset
    # What its experiments vary, as a field of a run and as its plural in the configuration; None for a task
    # with one experiment per dataset.
    setting: str | None = None
    settings: str | None = None
    # Of datasets without an experiment of their own, as ``any`` in the configuration; not from the authors.
    experiment: Mapping[str, Any] = field(default_factory=dict)
    top: bool = True  # has a temporal order to preserve: the authors define no TOP loss for the others
    task_settings: Mapping[str, Any] = field(default_factory=dict)  # with defaults; None: follows from others
    weighted: bool = False  # averages over datasets count their test examples (M4: series), not the datasets


TASK_INFO: dict[str, TaskInfo] = {
    "long_term_forecast": TaskInfo(
        "series",
        ("last_value", "seasonal_naive"),
        seq_len=96,
        setting="horizon",
        settings="horizons",
        experiment={"horizons": {96: {}, 192: {}, 336: {}, 720: {}}},
    ),
    "short_term_forecast": TaskInfo(
        "m4",
        ("last_value", "seasonal_naive", "naive2"),
        experiment={"training": {"batch_size": 16, "epochs": 20}},
        task_settings={"history": 1.5},
        weighted=True,
    ),
    "imputation": TaskInfo(
        "series",
        ("mean", "linear_interpolation"),
        seq_len=96,
        setting="mask_ratio",
        settings="mask_ratios",
        experiment={"mask_ratios": {0.125: {}, 0.25: {}, 0.375: {}, 0.5: {}}},
    ),
    "classification": TaskInfo(
        "classification",
        ("majority_class",),
        experiment={"training": {"batch_size": 16, "epochs": 30, "patience": 10, "clip_norm": 4.0}},
        top=False,
        task_settings={"case_norm": False, "val_share": 0.2},
    ),
    "anomaly_detection": TaskInfo(
        "anomaly",
        ("random", "pca"),
        seq_len=100,
        experiment={"training": {"batch_size": 128, "epochs": 3}},
        top=False,
        task_settings={
            "train_stride": 1,
            "test_stride": None,
            "anomaly_ratio": 1.0,
            "threshold": None,
            "val_from": "test",
            "val_share": 0.2,
        },
    ),
}
# What experiments can vary, as plurals in the configuration; several tasks may vary the same.
SETTINGS = tuple(dict.fromkeys(info.settings for info in TASK_INFO.values() if info.settings))
