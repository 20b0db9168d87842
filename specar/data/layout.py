"""Names of the files of prepared data. Imports nothing heavy: the workflow names them as outputs."""

from __future__ import annotations

from specar.data.registry import Kind

META = "meta.json"
# Arrays per kind of dataset.
ARRAYS: dict[Kind, tuple[str, ...]] = {
    "series": ("values.npy", "time_features.npy"),
    "m4": ("train_values.npy", "train_offsets.npy", "test_values.npy", "naive2.npy"),
    "classification": (
        "train_values.npy",
        "train_offsets.npy",
        "train_labels.npy",
        "test_values.npy",
        "test_offsets.npy",
        "test_labels.npy",
    ),
    "anomaly": ("train.npy", "test.npy", "labels.npy"),
}
