"""The training loop, one for all tasks."""

from __future__ import annotations

import copy
import json
import logging
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from tqdm import tqdm

from specar.config import RunConfig, run_id
from specar.errors import SpecarError
from specar.files import write_text
from specar.models.base import Ordered
from specar.seeds import derive_seed
from specar.tasks import Evaluation, Metrics, Task
from specar.training.checkpoint import load_checkpoint, random_state, restore_random_state, save_torch
from specar.training.device import autocast, peak_memory_bytes

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far a run is; part of its checkpoint."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = math.inf
    train_seconds: float = 0.0
    wall_seconds: float = 0.0  # of all processes that worked on the run, up to the last checkpoint
    peak_memory_bytes: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    processes: list[dict[str, Any]] = field(default_factory=list)  # provenance of each

    def done(self, epochs: int, patience: int) -> bool:
        """Whether all epochs are done or patience has run out."""
        return self.epoch >= epochs or self.epoch - self.best_epoch >= patience


class Trainer:
    """Trains a model with Adam and keeps the weights of the best validation epoch.

    Every epoch ends in a checkpoint in ``folder``; a trainer that finds one goes on from there.
    """

    def __init__(
        self,
        run: RunConfig,
        task: Task,
        model: nn.Module,
        device: torch.device,
        folder: Path,
        identity: dict[str, Any] | None = None,
    ) -> None:
        self.run, self.task, self.model, self.device = run, task, model.to(device), device
        self.run_id = run_id(run)
        # What a checkpoint must agree in to be continued; ``identity`` adds the data's.
        self.identity = {"format": 1, "run_id": self.run_id, "device": device.type, **(identity or {})}
        self.start = time.perf_counter()
        self.earlier_seconds = 0.0
        self.checkpoint, self.history = folder / "checkpoint.pt", folder / "history.jsonl"
        self.optimizer = torch.optim.Adam(model.parameters(), lr=run.training.learning_rate)
        stream = (run.dataset, run.setting, run.seed)
        self.order = torch.Generator().manual_seed(derive_seed("order", *stream))
        self.noise = torch.Generator(device).manual_seed(derive_seed("noise", *stream))
        self.progress = Progress()
        self.best_weights = copy.deepcopy(self.model.state_dict())

    def fit(self, process: dict[str, Any] | None = None) -> Progress:
        """Train to the end and load the best weights into the model.

        ``process`` is the provenance of this process, kept with that of earlier ones.
        """
        self._resume()
        self.progress.processes.append(process or {})
        while not self.progress.done(self.run.training.epochs, self.run.training.patience):
            self._epoch()
        self.model.load_state_dict(self.best_weights)
        return self.progress

    @torch.inference_mode()
    def validate(self) -> Metrics:
        """Metrics of the model as it is, on the part that selects the best epoch."""
        self.model.eval()
        with autocast(self.device, self.run.training.precision):
            return self.task.validate(self.model, self.progress.epoch)

    @torch.inference_mode()
    def test(self) -> Evaluation:
        """Metrics of the model as it is, on the test part."""
        self.model.eval()
        with autocast(self.device, self.run.training.precision):
            return self.task.test(self.model)

    def wall_seconds(self) -> float:
        """Time since the start of the run, of all processes that worked on it."""
        return self.earlier_seconds + time.perf_counter() - self.start

    def used_parameters(self, batches: int = 4) -> int:
        """Number of single weights whose gradient is not zero on one of a few training batches.

        Weights that the loss never reaches do not count, nor taps of a dilated kernel that only meet
        the padding of a short frequency axis.
        """
        self.model.train()
        generator = torch.Generator(self.device).manual_seed(0)
        indices = torch.arange(self.task.count("train"), device=self.device)
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        used = [torch.zeros_like(p, dtype=torch.bool) for p in parameters]
        for index in indices.split(self.run.training.batch_size)[:batches]:
            loss = self._loss(index, generator, self.run.training.epochs)
            gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
            used = [u if g is None else u | (g != 0) for u, g in zip(used, gradients, strict=True)]
        return sum(int(u.sum()) for u in used)

    def _epoch(self) -> None:
        start = time.perf_counter()
        self.progress.epoch += 1
        train_loss = self._train()
        metrics = self.validate()
        self._finite(train_loss, "training loss")
        self._finite(metrics[self.task.selection], "validation score")
        score = metrics[self.task.selection] * (-1 if self.task.higher_is_better else 1)
        if score <= self.progress.best_score:  # as the authors: a tie counts as better
            self.progress.best_score = score
            self.progress.best_epoch = self.progress.epoch
            self.best_weights = copy.deepcopy(self.model.state_dict())
        seconds = time.perf_counter() - start
        self.progress.train_seconds += seconds
        self.progress.wall_seconds = self.wall_seconds()
        self.progress.peak_memory_bytes = max(self.progress.peak_memory_bytes, peak_memory_bytes(self.device))
        self._report(
            {"epoch": self.progress.epoch, "train_loss": train_loss, "val": metrics, "seconds": seconds}
        )

    def _train(self) -> float:
        """One pass over the training examples; returns the mean loss."""
        self.model.train()
        total, number = torch.zeros((), dtype=torch.float64, device=self.device), 0
        for index in self._batches():
            self.optimizer.zero_grad(set_to_none=True)
            with autocast(self.device, self.run.training.precision):
                loss = self._loss(index, self.noise, self.progress.epoch)
            loss.backward()
            if self.run.training.clip_norm is not None:
                nn.utils.clip_grad_norm_(self.model.parameters(), self.run.training.clip_norm)
            self.optimizer.step()
            total += loss.detach().double() * len(index)
            number += len(index)
        return float(total) / number

    def _loss(self, index: Tensor, generator: torch.Generator, epoch: int) -> Tensor:
        """The task's loss, and that of the TOP head where the model has one."""
        loss, out = self.task.loss(self.model, index, generator)
        if out.order_values is None or epoch < self.run.model.top_from_epoch:
            return loss
        segments = self.task.segments(self.run.model.top_segments or self.task.top_segments)
        return loss + cast(Ordered, self.model).order_loss(out.order_values, segments)

    def _batches(self) -> Iterator[Tensor]:
        """Training examples in a new random order."""
        size, count = self.run.training.batch_size, self.task.count("train")
        batches = list(torch.randperm(count, generator=self.order).to(self.device).split(size))
        drop = self.run.protocol == "published" and self.task.drops_last
        if drop and len(batches) > 1 and len(batches[-1]) < size:
            batches.pop()
        label = f"epoch {self.progress.epoch}/{self.run.training.epochs}"
        yield from tqdm(batches, label, leave=False, disable=not sys.stderr.isatty(), unit="step")

    def _finite(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            raise SpecarError(
                f"run {self.run_id}: {what} became {value} in epoch {self.progress.epoch}; "
                "lower training.learning_rate or use training.precision fp32"
            )

    def _report(self, line: dict[str, Any]) -> None:
        self.progress.history.append(line)
        self._save()
        self._write_history()
        best = " (best)" if self.progress.best_epoch == line["epoch"] else ""
        val = ", ".join(f"val {name} {value:.4f}" for name, value in line["val"].items())
        log.info(
            "epoch %d/%d: train loss %.4f, %s%s, %.1f s",
            line["epoch"], self.run.training.epochs, line["train_loss"], val, best, line["seconds"],
        )  # fmt: skip

    def _write_history(self) -> None:
        write_text(self.history, "".join(json.dumps(line) + "\n" for line in self.progress.history))

    def _save(self) -> None:
        state = {
            "identity": self.identity,
            "progress": asdict(self.progress),
            "model": self.model.state_dict(),
            "best_weights": self.best_weights,
            "optimizer": self.optimizer.state_dict(),
            "random": random_state(self.device),
            "order": self.order.get_state(),
            "noise": self.noise.get_state(),
        }
        save_torch(self.checkpoint, state)

    def _resume(self) -> None:
        state = load_checkpoint(self.checkpoint, self.identity)
        if state is None:
            return
        self.progress = Progress(**state["progress"])
        self.earlier_seconds = self.progress.wall_seconds
        self.model.load_state_dict(state["model"])
        self.best_weights = {name: value.to(self.device) for name, value in state["best_weights"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        restore_random_state(state["random"], self.device)
        self.order.set_state(state["order"])
        self.noise.set_state(state["noise"])
        self._write_history()
        log.info("resuming after epoch %d", self.progress.epoch)
