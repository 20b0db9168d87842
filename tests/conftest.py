"""A small dataset of one's own, prepared by the package, and runs on it."""

import csv

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import settings

from specar.config import expand, parse_config
from specar.data.prepare import prepare
from specar.data.prepared import PreparedData
from specar.tasks import make_task

ROWS, CHANNELS = 300, 3

# How long an example takes says more about the machine than about the code.
settings.register_profile("specar", deadline=None)
settings.load_profile("specar")


def pytest_collection_modifyitems(items):
    """The longest first, which are those of the workflow: several processes shall end together."""
    longest = ("test_dag", "test_report")
    items.sort(key=lambda item: ("workflow" not in item.path.parts, item.path.stem not in longest))


@pytest.fixture(autouse=True)
def _one_thread_and_a_fixed_seed():
    torch.set_num_threads(1)
    torch.manual_seed(0)


def write_series(path, rows=ROWS):
    """Three noisy daily rhythms, hourly."""
    random = np.random.default_rng(0)
    time = np.arange(rows)[:, None]
    values = np.sin(2 * np.pi * time / 24 + np.arange(CHANNELS)) + 0.3 * random.normal(size=(rows, CHANNELS))
    frame = pd.DataFrame(values, columns=[f"c{i}" for i in range(CHANNELS)])
    frame.insert(0, "date", pd.date_range("2020-01-01", periods=rows, freq="h").astype(str))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)


def write_m4(folder, series=12, horizon=4):
    """Ragged positive series with a season of 4, in the files of the M4 competition."""
    random = np.random.default_rng(1)
    train, test = [], []
    for number in range(series):
        length = 20 + 3 * number
        time = np.arange(length + horizon)
        values = 50 + 10 * np.sin(2 * np.pi * time / 4) + 0.3 * time + random.normal(size=len(time))
        train.append([f"S{number}", *values[:length].round(3)])
        test.append([f"S{number}", *values[length:].round(3)])
    for name, rows in (("Train/Small-train.csv", train), ("Test/Small-test.csv", test)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame(rows)
        frame.columns = [f"V{i + 1}" for i in range(frame.shape[1])]
        frame.to_csv(folder / name, index=False, quoting=csv.QUOTE_NONNUMERIC)


def write_ts(folder, cases=(18, 12)):
    """Three classes of two-channel series of unequal length that differ in their rhythm."""
    random = np.random.default_rng(2)
    folder.mkdir(parents=True, exist_ok=True)
    for part, number in zip(("TRAIN", "TEST"), cases, strict=True):
        lines = [
            "@problemName Small",
            "@timeStamps false",
            "@univariate false",
            "@dimensions 2",
            "@equalLength false",
            "@classLabel true a b c",
            "@data",
        ]
        for case in range(number):
            time = np.arange(8 + case % 5 + (2 if part == "TEST" else 0))
            channels = [np.sin(time * (1 + case % 3) + shift) + 0.1 * random.normal(size=len(time))
                        for shift in (0, 1)]  # fmt: skip
            values = ":".join(",".join(f"{value:.4f}" for value in channel) for channel in channels)
            lines.append(f"{values}:{'abc'[case % 3]}")
        (folder / f"Small_{part}.ts").write_text("\n".join(lines) + "\n")


def write_anomalies(folder, rows=400):
    """Two noisy rhythms and a constant channel; the test part has three anomalous segments."""
    random = np.random.default_rng(3)
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train", "test"):
        time = np.arange(rows)
        values = np.stack([np.sin(time / 3), np.cos(time / 5), np.ones(rows)], axis=1)
        values[:, :2] += 0.1 * random.normal(size=(rows, 2))
        if part == "test":
            labels = np.zeros(rows, dtype=bool)
            for start, end in ((50, 60), (200, 230), (333, 336)):
                labels[start:end] = True
                values[start:end, 0] += 4
            np.save(folder / "labels.npy", labels)
        np.save(folder / f"{part}.npy", values)


DATASETS = {
    "Small": {
        "folder": "small",
        "files": [{"name": "small.csv"}],
        "channels": CHANNELS,
        "splits": {"train": 0.7, "val": 0.1, "test": 0.2},
        "seasonality": 24,
    },
    "Small-M4": {
        "format": "m4",
        "folder": "small-m4",
        "files": [{"name": "Train/Small-train.csv"}, {"name": "Test/Small-test.csv"}],
        "horizon": 4,
        "seasonality": 4,
    },
    "Small-TS": {
        "format": "ts",
        "folder": "small-ts",
        "files": [{"name": "Small_TRAIN.ts"}, {"name": "Small_TEST.ts"}],
    },
    "Small-AD": {
        "format": "npy",
        "folder": "small-ad",
        "files": [{"name": "train.npy"}, {"name": "test.npy"}, {"name": "labels.npy"}],
    },
}
OF_TASK = {
    "long_term_forecast": "Small",
    "short_term_forecast": "Small-M4",
    "imputation": "Small",
    "classification": "Small-TS",
    "anomaly_detection": "Small-AD",
}
TASKS = tuple(OF_TASK)


def write_raw(folder):
    """Files of every small dataset, as in a mirror."""
    write_series(folder / "small" / "small.csv")
    write_m4(folder / "small-m4")
    write_ts(folder / "small-ts")
    write_anomalies(folder / "small-ad")


def config_values(**changes):
    """Configuration of small datasets, with a model that trains in a second."""
    described = {"title": "small", "licence": "none", "source": "made by the tests"}
    values = {
        "seeds": [1],
        "top": [False],
        "run_models": ["specar"],
        "execution": {"device": "cpu", "threads": 1},
        "matrix": [
            {"task": "long_term_forecast", "datasets": ["Small"]},
            {"task": "imputation", "datasets": ["Small"]},
        ],
        "model": {"d_model": 4, "d_ff": 4, "e_layers": 1, "conv_layers": 2, "window_length": 4},
        "training": {"epochs": 3, "batch_size": 16},
        "experiments": {
            "long_term_forecast": {"Small": {"seq_len": 24, "horizons": {12: {}}}},
            "imputation": {"Small": {"seq_len": 24, "mask_ratios": {0.25: {}}}},
            "anomaly_detection": {"Small-AD": {"seq_len": 20, "task_settings": {"anomaly_ratio": 5}}},
        },
        "datasets": {name: {**described, **entry} for name, entry in DATASETS.items()},
    }
    return {**values, **changes}


@pytest.fixture(scope="session")
def prepared_folders(tmp_path_factory):
    """Folder with the prepared data of every small dataset."""
    folder = tmp_path_factory.mktemp("small")
    write_raw(folder / "raw")
    for name, dataset in parse_config(config_values()).datasets.items():
        if name in DATASETS:
            prepare(name, dataset, folder / "raw" / dataset.folder, folder / "prepared" / name)
    return folder / "prepared"


@pytest.fixture(scope="session")
def prepared_folder(prepared_folders):
    return prepared_folders / "Small"


@pytest.fixture
def data(prepared_folder):
    return PreparedData.load(prepared_folder)


@pytest.fixture
def make_run():
    """Return a function that gives the run of a task, with changes to the configuration."""

    def make(task, **changes):
        matrix = [{"task": task, "datasets": [OF_TASK[task]]}]
        (run,) = expand(parse_config(config_values(**{"matrix": matrix, **changes}))).values()
        return run

    return make


@pytest.fixture
def make_small_task(prepared_folders, make_run):
    """Return a function that builds the task of a small run, by default from the shared prepared data."""

    def build(task, size=256, prepared=prepared_folders, **changes):
        run = make_run(task, **changes)
        data = PreparedData.load(prepared / run.dataset)
        return make_task(run, data, torch.device("cpu"), size, run.seed)

    return build


@pytest.fixture
def prepare_small(tmp_path):
    """Return a function that writes the raw files, lets ``change`` edit them and prepares them."""

    def prepared(change=None):
        folder = tmp_path / f"changed{len(list(tmp_path.iterdir()))}"
        write_raw(folder / "raw")
        if change is not None:
            change(folder / "raw")
        for name, dataset in parse_config(config_values()).datasets.items():
            if name in DATASETS:
                prepare(name, dataset, folder / "raw" / dataset.folder, folder / "prepared" / name)
        return folder / "prepared"

    return prepared
