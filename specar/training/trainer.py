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
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from specar.config import RunConfig, run_id
from specar.errors import SpecarError
from specar.files import write_text
from specar.seeds import derive_seed
from specar.tasks import Metrics, Split, Task
from specar.training.checkpoint import load_checkpoint, random_state, restore_random_state, save_checkpoint
from specar.training.device import autocast, peak_memory_bytes

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far a run is; part of its checkpoint."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = math.inf
    seconds: float = 0.0
    peak_memory_bytes: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    def done(self, epochs: int, patience: int) -> bool:
        """Whether all epochs are done or patience has run out."""
        return self.epoch >= epochs or self.epoch - self.best_epoch >= patience


class Trainer:
    """Trains a model with Adam and keeps the weights of the best validation epoch.

    Every epoch ends in a checkpoint in ``folder``; a trainer that finds one goes on from there.
    """

    def __init__(self, run: RunConfig, task: Task, model: nn.Module, device: torch.device, folder: Path):
        self.run, self.task, self.model, self.device = run, task, model.to(device), device
        self.run_id = run_id(run)
        self.checkpoint, self.history = folder / "checkpoint.pt", folder / "history.jsonl"
        self.optimizer = torch.optim.Adam(model.parameters(), lr=run.training.learning_rate)
        stream = (run.dataset, run.setting, run.seed)
        self.order = torch.Generator().manual_seed(derive_seed("order", *stream))
        self.noise = torch.Generator(device).manual_seed(derive_seed("noise", *stream))
        self.progress = Progress()
        self.best_weights = copy.deepcopy(self.model.state_dict())

    def fit(self) -> Progress:
        """Train to the end and load the best weights into the model."""
        self._resume()
        while not self.progress.done(self.run.training.epochs, self.run.training.patience):
            self._epoch()
        self.model.load_state_dict(self.best_weights)
        return self.progress

    @torch.inference_mode()
    def evaluate(self, split: Split) -> Metrics:
        """Metrics of the model as it is."""
        self.model.eval()
        with autocast(self.device, self.run.training.precision):
            return self.task.evaluate(self.model, split, self.progress.epoch)

    def used_parameters(self) -> int:
        """Number of parameters that the training loss reaches."""
        index = torch.arange(min(2, self.task.count("train")), device=self.device)
        self.model.train()
        loss = self.task.loss(self.model, index, torch.Generator(self.device).manual_seed(0))
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        return sum(p.numel() for p, g in zip(parameters, gradients, strict=True) if g is not None)

    def _epoch(self) -> None:
        start = time.perf_counter()
        self.progress.epoch += 1
        train_loss = self._train()
        metrics = self.evaluate("val")
        self._finite(train_loss, "training loss")
        self._finite(metrics[self.task.selection], "validation score")
        if metrics[self.task.selection] <= self.progress.best_score:  # as the authors: a tie counts as better
            self.progress.best_score = metrics[self.task.selection]
            self.progress.best_epoch = self.progress.epoch
            self.best_weights = copy.deepcopy(self.model.state_dict())
        seconds = time.perf_counter() - start
        self.progress.seconds += seconds
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
                loss = self.task.loss(self.model, index, self.noise)
            loss.backward()
            self.optimizer.step()
            total += loss.detach().double() * len(index)
            number += len(index)
        return float(total) / number

    def _batches(self) -> Iterator[Tensor]:
        """Training examples in a new random order; ``published`` drops the last partial batch."""
        size, count = self.run.training.batch_size, self.task.count("train")
        batches = list(torch.randperm(count, generator=self.order).to(self.device).split(size))
        if self.run.protocol == "published" and len(batches) > 1 and len(batches[-1]) < size:
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
            "run_id": self.run_id,
            "progress": asdict(self.progress),
            "model": self.model.state_dict(),
            "best_weights": self.best_weights,
            "optimizer": self.optimizer.state_dict(),
            "random": random_state(self.device),
            "order": self.order.get_state(),
            "noise": self.noise.get_state(),
        }
        save_checkpoint(self.checkpoint, state)

    def _resume(self) -> None:
        state = load_checkpoint(self.checkpoint, self.run_id, self.device)
        if state is None:
            return
        self.progress = Progress(**state["progress"])
        self.model.load_state_dict(state["model"])
        self.best_weights = state["best_weights"]
        self.optimizer.load_state_dict(state["optimizer"])
        restore_random_state(state["random"], self.device)
        self.order.set_state(state["order"].cpu())
        self.noise.set_state(state["noise"].cpu())
        self._write_history()
        log.info("resuming after epoch %d", self.progress.epoch)
