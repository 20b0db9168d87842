"""Tasks: one module each, with its loss, its metrics and its naive floors."""

from __future__ import annotations

import torch

from specar.config.schema import RunConfig
from specar.data.prepared import PreparedData
from specar.tasks.base import Metrics, Split, Task, WindowTask
from specar.tasks.imputation import Imputation
from specar.tasks.long_term_forecast import LongTermForecast

TASKS: dict[str, type[WindowTask]] = {"long_term_forecast": LongTermForecast, "imputation": Imputation}

__all__ = ["TASKS", "Metrics", "Split", "Task", "make_task"]


def make_task(run: RunConfig, data: PreparedData, device: torch.device, eval_batch_size: int = 256) -> Task:
    """Build the task that a run asks for, with its data on ``device``."""
    return TASKS[run.task](run, data, device, eval_batch_size)
