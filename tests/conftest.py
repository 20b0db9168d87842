"""A small dataset of one's own, prepared by the package, and runs on it."""

import numpy as np
import pandas as pd
import pytest
import torch

from specar.config import expand, parse_config
from specar.data.prepare import prepare
from specar.data.prepared import PreparedData

ROWS, CHANNELS = 300, 3


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


def config_values(**changes):
    """Configuration of both tasks on the small dataset, with a model that trains in a second."""
    values = {
        "seeds": [1],
        "top": [False],
        "architectures": ["paper"],
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
        },
        "datasets": {
            "Small": {
                "title": "three noisy rhythms",
                "licence": "none",
                "source": "made by the tests",
                "folder": "small",
                "files": [{"name": "small.csv"}],
                "channels": CHANNELS,
                "splits": {"train": 0.7, "val": 0.1, "test": 0.2},
                "seasonality": 24,
            }
        },
    }
    return {**values, **changes}


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write_series(folder / "raw" / "small.csv")
    dataset = parse_config(config_values()).datasets["Small"]
    prepare("Small", dataset, folder / "raw", folder / "prepared")
    return folder / "prepared"


@pytest.fixture
def data(prepared_folder):
    return PreparedData.load(prepared_folder)


@pytest.fixture
def make_run():
    """Return a function that gives the run of a task, with changes to the configuration."""

    def make(task, **changes):
        runs = expand(parse_config(config_values(**changes))).values()
        return next(run for run in runs if run.task == task)

    return make
