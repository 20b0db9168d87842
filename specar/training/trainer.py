"""The training loop, one for all tasks."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from specar.base.errors import Interrupted, NotFinite
from specar.config import RunConfig, run_id
from specar.tasks import Evaluation, Metrics, Task
from specar.training.device import autocast, peak_memory_bytes
from specar.training.interrupts import Interrupts, Stop
from specar.training.memory import explained, with_less_memory
from specar.training.objective import Objective
from specar.training.progress import Progress, log_epoch, write_history
from specar.training.state import State

log = logging.getLogger(__name__)
_FIRST_WORD, _EVERY = 10.0, 60.0  # seconds until a terminal is told how far the run is, and between two times
Result = TypeVar("Result")


class Trainer:
    """Trains a model with Adam and keeps the weights of the best validation epoch.

    Every epoch ends in a checkpoint in ``folder``, and so does every SIGTERM and SIGINT; a trainer that
    finds one goes on from there. Whatever does not fit into memory is tried again in smaller parts.

    All methods raise ``Interrupted`` on a signal, ``OutOfMemory`` where not even a single example fits, and
    ``NotFinite`` where the loss, the validation score or a weight became infinite or NaN.
    """

    def __init__(
        self,
        run: RunConfig,
        task: Task,
        model: nn.Module,
        device: torch.device,
        folder: Path,
        identity: dict[str, Any] | None = None,
        graphs: bool = False,
    ) -> None:
        self.start = self.epoch_start = time.perf_counter()
        self.earlier_seconds, self.next_word = 0.0, self.start + _FIRST_WORD
        self.run, self.task, self.model, self.device = run, task, model.to(device), device
        self.run_id = run_id(run)
        # What a checkpoint must agree in to be continued; ``identity`` adds the data's.
        self.identity = {"format": 2, "run_id": self.run_id, "device": device.type, **(identity or {})}
        self.checkpoint, self.history = folder / "checkpoint.pt", folder / "history.jsonl"
        self.state = State(run, self.model, device)
        self.objective = Objective(run, task, self.state, graphs)
        self.interrupts = Interrupts()

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        return self.state.progress

    def fit(self, process: dict[str, Any] | None = None) -> Progress:
        """Train to the end and load the best weights into the model.

        ``process`` is the provenance of this process, kept with that of earlier ones.
        """
        with self.interrupts, self._memory_explained():
            self._resume()
            self.progress.processes.append(process or {})
            while not self.progress.done(self.run.training.epochs, self.run.training.patience):
                self._epoch()
            self.model.load_state_dict(self.state.best_weights)
        return self.progress

    def validate(self) -> Metrics:
        """Metrics of the model as it is, on the part that selects the best epoch."""
        epoch = self.progress.epoch
        return self._evaluate(
            lambda: self.task.validate(self.model, epoch), f"in the validation of epoch {epoch}"
        )

    def test(self) -> Evaluation:
        """Metrics of the model as it is, on the test part."""
        with self.interrupts, self._memory_explained():
            evaluation = self._evaluate(lambda: self.task.test(self.model), "in the test evaluation")
        for name, value in evaluation.metrics.items():
            self._finite(value, f"test {name}")
        return evaluation

    def examples(self, details: Mapping[str, Any]) -> dict[str, Any] | None:
        """Examples of what the model makes of the test part (see ``Task.examples``)."""
        with self.interrupts, self._memory_explained():
            return self._evaluate(
                lambda: self.task.examples(self.model, details), "while its examples were made"
            )

    def used_parameters(self, batches: int = 4) -> int:
        """Number of single weights whose gradient is not zero on one of a few training batches.

        Weights that the loss never reaches do not count, nor taps of a dilated kernel that only meet
        the padding of a short frequency axis.
        """
        self.model.train()
        generator = torch.Generator(self.device).manual_seed(0)
        indices = torch.arange(self.task.count("train"), device=self.device)
        with self.interrupts, self._memory_explained(), self._stopped_at_once("after the test evaluation"):
            reached = [
                self.objective.reached(self.task.draw(index, generator))
                for index in indices.split(self.run.training.batch_size)[:batches]
            ]
        return sum(int(torch.stack(masks).any(dim=0).sum()) for masks in zip(*reached, strict=True))

    def wall_seconds(self) -> float:
        """Time since the start of the run, of all processes that worked on it."""
        return self.earlier_seconds + time.perf_counter() - self.start

    def _epoch(self) -> None:
        self.epoch_start = time.perf_counter()
        train_loss = self._train()
        metrics = self.validate()
        score = self._finite(metrics[self.task.selection], "validation score")
        self.state.keep_if_best(-score if self.task.higher_is_better else score)
        seconds = self._epoch_seconds()
        self.progress.part = None
        self.progress.train_seconds += seconds
        self._report(train_loss, metrics, seconds)
        if self.interrupts.received is not None:
            raise self._interrupted(f"after epoch {self.progress.epoch}")

    def _train(self) -> float:
        """One pass over the training examples, or what is left of it; returns the mean loss."""
        part = self.progress.begin()
        self.state.set_learning_rate()
        self.model.train()
        total = torch.tensor(part.loss_sum, dtype=torch.float64, device=self.device)
        for index in self._batches(part.steps):
            total += self._step(index).double() * len(index)
            part.steps += 1
            part.examples += len(index)
            self._tell(part.examples / self.task.count("train"))
            if self.interrupts.received is not None:
                break
        part.loss_sum = float(total)
        loss = self._finite(part.loss_sum / part.examples, "training loss")
        if self.interrupts.received is not None:
            raise self._stopped(f"in epoch {self.progress.epoch} after step {part.steps}")
        return loss

    def _step(self, index: Tensor) -> Tensor:
        """One step of Adam; returns the loss of the batch."""
        loss = self.objective.backward(self.task.draw(index, self.state.noise))
        if self.run.training.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.run.training.clip_norm)
        self.state.optimizer.step()
        return loss

    def _batches(self, done: int = 0) -> Iterator[Tensor]:
        """Training examples in a new random order, without the first ``done`` batches."""
        size, count = self.run.training.batch_size, self.task.count("train")
        batches = list(self.state.draw_order(count).to(self.device).split(size))
        drop = self.run.protocol == "published" and self.task.drops_last
        if drop and len(batches) > 1 and len(batches[-1]) < size:
            batches.pop()
        label, hidden = f"epoch {self.progress.epoch}/{self.run.training.epochs}", not sys.stderr.isatty()
        yield from tqdm(batches[done:], label, len(batches), False, initial=done, disable=hidden, unit="step")

    def _evaluate(self, evaluate: Callable[[], Result], where: str) -> Result:
        def halve() -> bool:
            if self.task.eval_batch_size == 1 or self.run.model.spec.batch_dependent is True:
                return False
            self.task.eval_batch_size = self.progress.eval_batch_size = self.task.eval_batch_size // 2
            log.warning("out of memory %s: batches of %d examples", where, self.task.eval_batch_size)
            return True

        self.model.eval()
        precision = autocast(self.device, self.run.training.precision)
        with self._stopped_at_once(where), torch.inference_mode(), precision:
            return with_less_memory(evaluate, halve)

    @contextmanager
    def _stopped_at_once(self, where: str) -> Iterator[None]:
        """Let a signal stop the block, which changes nothing that a checkpoint holds."""
        try:
            with self.interrupts.at_once():
                yield
        except Stop:
            raise self._stopped(where) from None

    def _stopped(self, where: str) -> Interrupted:
        """Write a checkpoint within the epoch, or after the last."""
        if self.progress.part is not None:
            self.progress.part.seconds = self._epoch_seconds()
        self._save()
        return self._interrupted(where)

    def _interrupted(self, where: str) -> Interrupted:
        signal = self.interrupts.received
        assert signal is not None
        message = f"run {self.run_id}: stopped by {signal.name} {where}; the same command goes on from there"
        return Interrupted(message, signal)

    def _memory_explained(self) -> AbstractContextManager[None]:
        return explained(
            f"run {self.run_id} on {self.device.type}",
            f"lower training.batch_size ({self.run.training.batch_size}) or model.d_model, or take a device "
            "with more memory (execution.device)",
        )

    def _epoch_seconds(self) -> float:
        earlier = self.progress.part.seconds if self.progress.part is not None else 0.0
        return earlier + time.perf_counter() - self.epoch_start

    def _finite(self, value: float, what: str) -> float:
        if not math.isfinite(value):
            raise NotFinite(
                f"run {self.run_id}: {what} became {value} in epoch {self.progress.epoch}; "
                "lower training.learning_rate or use training.precision fp32"
            )
        return value

    def _report(self, train_loss: float, metrics: Metrics, seconds: float) -> None:
        line: dict[str, Any] = {"epoch": self.progress.epoch, "train_loss": train_loss, "val": metrics}
        line.update(seconds=seconds, peak_memory_bytes=self._peak_memory_bytes())
        self.progress.history.append(line)
        self._save()
        write_history(self.history, self.progress.history)
        log_epoch(line, self.run.training.epochs, self.progress.best_epoch == line["epoch"])

    def _tell(self, share: float) -> None:
        """Say now and then how far the run is, ``share`` of an epoch included, where its log is in a file."""
        if time.perf_counter() < self.next_word or sys.stderr.isatty():
            return
        self.next_word = time.perf_counter() + _EVERY
        epoch, epochs = self.progress.epoch, self.run.training.epochs
        seconds, done = self.progress.train_seconds + self._epoch_seconds(), epoch - 1 + share
        left = timedelta(seconds=round(seconds * (epochs - done) / done))
        print(f"{self.run_id}: epoch {epoch} of at most {epochs}, {left} left or less", flush=True)

    def _peak_memory_bytes(self) -> int:
        """Of all processes that worked on the run."""
        return max(self.progress.peak_memory_bytes, peak_memory_bytes(self.device))

    def _save(self) -> None:
        for parameter in self.model.parameters():  # a retry must not go on from broken weights
            if parameter.numel():
                self._finite(float(parameter.detach().abs().max()), "a weight")
        self.progress.wall_seconds = self.wall_seconds()
        self.progress.peak_memory_bytes = self._peak_memory_bytes()
        self.state.save(self.checkpoint, self.identity)

    def _resume(self) -> None:
        if not self.state.load(self.checkpoint, self.identity):
            return
        progress = self.progress
        self.earlier_seconds = progress.wall_seconds
        if progress.eval_batch_size is not None:
            self.task.eval_batch_size = min(self.task.eval_batch_size, progress.eval_batch_size)
        write_history(self.history, progress.history)
        if progress.part is None:
            log.info("resuming after epoch %d", progress.epoch)
        else:
            log.info("resuming in epoch %d after step %d", progress.epoch, progress.part.steps)
