"""The training loss and its gradient, in micro-batches where a batch does not fit into memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor

from specar.config import RunConfig
from specar.config.settings import Precision
from specar.models.base import Ordered
from specar.tasks import Batch, Task
from specar.training.checkpoint import random_state, restore_random_state
from specar.training.device import autocast
from specar.training.graphs import GraphedGradient
from specar.training.memory import with_less_memory
from specar.training.state import State

log = logging.getLogger(__name__)


class Objective:
    """The loss of a run: its task's own, and that of the TOP head where the model has one."""

    def __init__(self, run: RunConfig, task: Task, state: State, graphs: bool = False) -> None:
        self.run, self.task, self.state = run, task, state
        self.graphed = GraphedGradient(self._gradient, state.model, state.device) if graphs else None

    def backward(self, batch: Batch) -> Tensor:
        """Leave the gradient of a batch's loss in the parameters, and return the loss.

        Where memory does not suffice, the batch is done again in twice as many micro-batches, and so are all
        that follow; MemoryError: it does not suffice for a single example.
        """
        model, device, progress = self.state.model, self.state.device, self.state.progress
        dropout = random_state(device)

        def gradient() -> Tensor:
            if self.graphed is None or len(batch[0]) != self.run.training.batch_size:
                return self._gradient(batch)  # an epoch's last batch may be smaller
            return self.graphed(batch, (progress.micro_batches, self._ordered(progress.epoch)))

        def reduce() -> bool:
            model.zero_grad(set_to_none=True)
            restore_random_state(dropout, device)
            return self._split_further(batch)

        model.zero_grad(set_to_none=True)
        return with_less_memory(gradient, reduce)

    def _gradient(self, batch: Batch) -> Tensor:
        """Add the gradient to what the parameters have; returns the loss."""
        total = torch.zeros((), device=self.state.device)
        for loss in self._losses(batch, self.state.progress.epoch, self.run.training.precision):
            loss.backward()
            total = total + loss.detach()
        return total

    def reached(self, batch: Batch) -> list[Tensor]:
        """For each parameter, which of its single weights have a gradient (bool); raises as ``backward``."""

        def masks() -> list[Tensor]:
            parameters = [p for p in self.state.model.parameters() if p.requires_grad]
            reached = [torch.zeros_like(p, dtype=torch.bool) for p in parameters]
            for loss in self._losses(batch, self.run.training.epochs, "fp32"):
                gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
                reached = [r if g is None else r | (g != 0) for r, g in zip(reached, gradients, strict=True)]
            return reached

        progress = self.state.progress
        in_training = progress.micro_batches
        try:
            return with_less_memory(masks, lambda: self._split_further(batch))
        finally:
            progress.micro_batches = in_training

    def _losses(self, batch: Batch, epoch: int, precision: Precision) -> Iterator[Tensor]:
        """Yield the losses of the micro-batches, to be used one after the other.

        They add up to the loss of the whole batch, and so do their gradients: up to rounding, and to dropout,
        which is drawn for each by itself.
        """
        size = -(-len(batch[0]) // self.state.progress.micro_batches)
        for part in zip(*(values.split(size) for values in batch), strict=True):
            with autocast(self.state.device, precision):
                loss = self._loss(part, batch, epoch)
            yield loss

    def _loss(self, part: Batch, batch: Batch, epoch: int) -> Tensor:
        """What a part adds to the loss of its batch."""
        own, out = self.task.loss(self.state.model, part)
        loss = own * (self.task.weight(part) / self.task.weight(batch))
        if out.order_values is None or not self._ordered(epoch):
            return loss
        names = getattr(self.run.model.settings, "top_segments", None) or self.task.top_segments
        share = len(part[0]) / len(batch[0])
        model = cast(Ordered, self.state.model)
        return loss + model.order_loss(out.order_values, self.task.segments(names), share)

    def _ordered(self, epoch: int) -> bool:
        """Whether the loss of an epoch counts the order of time."""
        return self.run.model.top and epoch >= getattr(self.run.model.settings, "top_from_epoch", 1)

    def _split_further(self, batch: Batch) -> bool:
        progress = self.state.progress
        if progress.micro_batches >= len(batch[0]) or self.run.model.spec.batch_dependent:
            return False
        progress.micro_batches *= 2
        log.warning("out of memory: batches are done in %d micro-batches", progress.micro_batches)
        return True
