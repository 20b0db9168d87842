"""What the configuration has to know of each task, and what names a run; what a task does: `specar.tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from specar.data.entries import Kind

Setting = int | float | None


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


class RunKey(NamedTuple):
    """What names a run; runs that are equal in it are told apart by the hash of their settings alone.

    ``setting`` is the horizon or the mask ratio, whichever the task varies, ``model`` the label of an entry
    of ``models:``, ``top`` whether it is trained with temporal order preserving.
    """

    task: str
    dataset: str
    setting: Setting
    model: str
    top: bool
    protocol: str
    seed: int

    def __str__(self) -> str:
        top, setting = "top" if self.top else "notop", [] if self.setting is None else [str(self.setting)]
        parts = [self.task, self.dataset, *setting, self.model, top, self.protocol, f"seed{self.seed}"]
        return "-".join(parts)
