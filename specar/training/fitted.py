"""Models that are fitted in one go, without epochs: in place of the trainer, for the same record."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from specar.base.errors import Interrupted
from specar.base.seeds import derive_seed
from specar.config import RunConfig, run_id
from specar.models.base import ModelOutput
from specar.tasks import Evaluation, Task
from specar.training.interrupts import Interrupts, Stop
from specar.training.memory import explained
from specar.training.progress import Progress

log = logging.getLogger(__name__)


class Classifier(nn.Module):
    """An estimator of classes as a network without parameters, whose outputs are log-probabilities.

    It gets series as they are prepared: standard-scored, and padded with zeros to the longest.
    """

    def __init__(self, estimator: Any) -> None:
        super().__init__()
        self.estimator = estimator

    def forward(self, x: Tensor, *_: Tensor | None, **__: Tensor | None) -> ModelOutput:
        """Map (B, S, N) to (B, classes)."""
        shares = np.asarray(self.estimator.predict_proba(channels_first(x)), dtype=np.float32)
        return ModelOutput(torch.from_numpy(shares).clamp(min=1e-6).log())


def channels_first(x: Tensor) -> npt.NDArray[np.float32]:
    """Series (B, S, N) as estimators take them, (B, N, S)."""
    array: npt.NDArray[np.float32] = np.ascontiguousarray(x.transpose(1, 2).numpy())
    return array


class Fitter:
    """Fits the estimator of a run; the part of `specar.training.trainer.Trainer` that a record needs.

    Nothing is kept of a fit that is broken off. ``fit`` raises ``Interrupted`` on a signal, as soon as the
    estimator lets it through, and ``OutOfMemory``.
    """

    def __init__(self, run: RunConfig, task: Task, device: torch.device, folder: Path) -> None:
        self.start = time.perf_counter()
        self.run, self.task, self.device, self.progress = run, task, device, Progress()
        self.checkpoint = folder / "checkpoint.pt"
        self.interrupts = Interrupts()
        spec = run.model.spec
        assert spec.estimator is not None
        with spec.errors("estimator raises"):
            seed = derive_seed("model", run.seed) % 2**31  # numba takes 32 bits
            self.model = Classifier(spec.estimator(run.model.settings, task.shape, seed))

    def fit(self, process: dict[str, Any] | None = None) -> Progress:
        """Fit to all training examples; ``process`` as for the trainer."""
        self.progress.processes.append(process or {})
        series, classes = self.task.training_set()
        start = time.perf_counter()
        with self._whole("while its model was fitted"):
            self.model.estimator.fit(channels_first(series), classes.numpy())
        self.progress.train_seconds = time.perf_counter() - start
        log.info("fitted to %d cases in %.1f s", len(classes), self.progress.train_seconds)
        return self.progress

    def test(self) -> Evaluation:
        """Metrics on the test part."""
        with self._whole("in the test evaluation"):
            return self.task.test(self.model)

    def examples(self, details: Mapping[str, Any]) -> dict[str, Any] | None:
        """Examples of what the model makes of the test part (see ``Task.examples``)."""
        with self._whole("while its examples were made"):
            return self.task.examples(self.model, details)

    def used_parameters(self) -> int:
        """It has no weights that a gradient reaches."""
        return 0

    def wall_seconds(self) -> float:
        """Time since the start of the run."""
        return time.perf_counter() - self.start

    @contextmanager
    def _whole(self, where: str) -> Iterator[None]:
        """Let a signal break off the block, of which nothing is kept."""
        name = f"run {run_id(self.run)}"
        advice = "take a machine with more memory"
        try:
            with explained(name, advice), self.interrupts, self.interrupts.at_once():
                yield
        except Stop:
            assert self.interrupts.received is not None
            text = f"{name}: stopped by {self.interrupts.received.name} {where}; the same command begins anew"
            raise Interrupted(text, self.interrupts.received) from None
