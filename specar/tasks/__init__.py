"""Tasks: one module each, with its loss, its metrics and its naive floors."""

from __future__ import annotations

import importlib

import torch

from specar.config.schema import Cell, RunConfig
from specar.data.prepared import PreparedData
from specar.data.windows import Split
from specar.tasks.base import Batch, Evaluation, Metrics, Task

__all__ = ["Batch", "Evaluation", "Metrics", "Split", "Task", "make_task"]


def make_task(
    cell: Cell, data: PreparedData, device: torch.device, eval_batch_size: int = 256, seed: int = 0
) -> Task:
    """Build the task that a run or a cell asks for, with its data on ``device``.

    Where outputs depend on the batch, its size is part of the result: with ``published`` that of training, as
    the authors evaluate, with ``strict`` one, so that no test example decides about another.
    """
    if isinstance(cell, RunConfig) and cell.model.spec.batch_dependent is True:
        eval_batch_size = 1 if cell.protocol == "strict" else cell.training.batch_size
    # By name, so that a run does not pay for what other tasks import.
    module = importlib.import_module(f"{__name__}.{cell.task}")
    name = "".join(word.capitalize() for word in cell.task.split("_"))
    task: Task = getattr(module, name)(cell, data, device, eval_batch_size, seed)
    return task
