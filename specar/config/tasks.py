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
    top: bool = True  # has a temporal order to preserve: the authors define no TOP loss for the others
    task_settings: Mapping[str, Any] = field(default_factory=dict)  # with defaults; None: follows from others
    weighted: bool = False  # averages over datasets count their test examples (M4: series), not the datasets


TASK_INFO: dict[str, TaskInfo] = {
    "long_term_forecast": TaskInfo(
        "series", ("last_value", "seasonal_naive"), seq_len=96, setting="horizon", settings="horizons"
    ),
    "short_term_forecast": TaskInfo(
        "m4", ("last_value", "seasonal_naive", "naive2"), task_settings={"history": 1.5}, weighted=True
    ),
    "imputation": TaskInfo(
        "series", ("mean", "linear_interpolation"), seq_len=96, setting="mask_ratio", settings="mask_ratios"
    ),
    "classification": TaskInfo(
        "classification",
        ("majority_class",),
        top=False,
        task_settings={"case_norm": False, "val_share": 0.2},
    ),
    "anomaly_detection": TaskInfo(
        "anomaly",
        ("random", "pca"),
        seq_len=100,
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
# Task that a plural in the configuration belongs to.
TASK_OF_SETTINGS = {info.settings: task for task, info in TASK_INFO.items() if info.settings}
