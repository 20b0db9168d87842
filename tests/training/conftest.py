"""Trainers of small runs, with models that fail or send signals where a test says so."""

import json

import pytest
import torch

from specar.data.prepared import PreparedData
from specar.models import build_model
from specar.tasks import make_task
from specar.training.trainer import Trainer

CPU = torch.device("cpu")
NOT_REPEATABLE = ("seconds", "peak_memory_bytes")


@pytest.fixture
def make_small_trainer(prepared_folders):
    """Return a function that builds the trainer of a run, always with the same start of the model."""

    def build(run, output, hook=None, model=None):
        task = make_task(run, PreparedData.load(prepared_folders / run.dataset), CPU)
        torch.manual_seed(1)
        trainer = Trainer(
            run, task, model or build_model(run.model.module, run.model.settings, task.shape), CPU, output
        )
        if hook is not None:
            trainer.model.register_forward_pre_hook(hook)
        return trainer

    return build


@pytest.fixture
def read_history():
    """Return a function that reads what is repeatable of a history."""

    def read(folder):
        lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
        return [{key: line[key] for key in line if key not in NOT_REPEATABLE} for line in lines]

    return read
