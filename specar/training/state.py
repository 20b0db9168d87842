"""Everything that training changes: what a checkpoint holds."""

from __future__ import annotations

import copy
from dataclasses import asdict
from inspect import unwrap
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from specar.base.seeds import derive_seed
from specar.config import RunConfig
from specar.training.checkpoint import (
    damaged,
    load_checkpoint,
    random_state,
    restore_random_state,
    save_checkpoint,
)
from specar.training.progress import Progress


class Adam(torch.optim.Adam):
    """The optimizer of torch, whose methods are not wrapped for ``torch.compile``.

    The wrappers change nothing without it, but import the compiler at their first use: that takes longer
    than all else that a short run does before its first step.
    """

    add_param_group = unwrap(torch.optim.Adam.add_param_group)
    zero_grad = unwrap(torch.optim.Adam.zero_grad)
    state_dict = unwrap(torch.optim.Adam.state_dict)
    load_state_dict = unwrap(torch.optim.Adam.load_state_dict)
    step = torch.no_grad()(unwrap(torch.optim.Adam.step))


class State:
    """Model, optimizer, random generators and progress of a run."""

    def __init__(self, run: RunConfig, model: nn.Module, device: torch.device) -> None:
        self.model, self.device = model, device
        weights = list(model.parameters())
        # Adam in one operation. It only knows plain weights: a model of one's own may have others.
        fused = all(weight.is_floating_point() and weight.is_contiguous() for weight in weights)
        self.optimizer = Adam(weights, lr=run.training.learning_rate, fused=fused)
        stream = (run.dataset, run.setting, run.seed)
        self.training = run.training
        self.order = torch.Generator().manual_seed(derive_seed("order", *stream))
        self.order_state = self.order.get_state()  # before the last order was drawn
        self.noise = torch.Generator(device).manual_seed(derive_seed("noise", *stream))  # what tasks draw
        self.progress = Progress()
        self.best_weights = copy.deepcopy(model.state_dict())  # after the best epoch so far

    def set_learning_rate(self) -> None:
        """Set the learning rate of the present epoch."""
        halvings = max(self.progress.epoch - 1, 0) if self.training.schedule == "halve" else 0
        for group in self.optimizer.param_groups:
            group["lr"] = self.training.learning_rate * 0.5**halvings

    def draw_order(self, count: int) -> Tensor:
        """The examples of an epoch in random order, (count,); after :meth:`load` within it the same again."""
        self.order_state = self.order.get_state()
        return torch.randperm(count, generator=self.order)

    def keep_if_best(self, score: float) -> None:
        """Keep the weights if no epoch had a lower score; as the authors, a tie counts as better."""
        if score <= self.progress.best_score:
            self.progress.best_score, self.progress.best_epoch = score, self.progress.epoch
            self.best_weights = copy.deepcopy(self.model.state_dict())

    def save(self, path: Path, identity: dict[str, Any]) -> None:
        """Write a checkpoint: after an epoch, or after a step of one."""
        save_checkpoint(path, {"identity": identity, **self._content()})

    def _content(self) -> dict[str, Any]:
        within = self.progress.part is not None
        return {
            "progress": asdict(self.progress),
            "model": self.model.state_dict(),
            "best_weights": self.best_weights,
            "optimizer": self.optimizer.state_dict(),
            "random": random_state(self.device),
            # Within an epoch its order is drawn again, and the batches that are done are left out.
            "order": self.order_state if within else self.order.get_state(),
            "noise": self.noise.get_state(),
        }

    def load(self, path: Path, identity: dict[str, Any]) -> bool:
        """Go on from a checkpoint; False, and all as before, where there is no whole one of ``identity``."""
        state = load_checkpoint(path, identity)
        if state is None:
            return False
        begun = copy.deepcopy(self._content())
        try:
            self._apply(state)
        except Exception as error:  # whatever it lacks or has too much
            damaged(path, error)
            self._apply(begun)
            return False
        return True

    def _apply(self, state: dict[str, Any]) -> None:
        self.progress = Progress.of(state["progress"])
        self.set_learning_rate()  # a checkpoint has to agree in it
        for name in ("best_weights", "model"):  # both have to fit; the second stays
            self.model.load_state_dict(state[name])
        self.best_weights = {name: value.to(self.device) for name, value in state["best_weights"].items()}
        self._apply_optimizer(state["optimizer"])
        restore_random_state(state["random"], self.device)
        self.order.set_state(state["order"])
        self.noise.set_state(state["noise"])

    def _apply_optimizer(self, state: dict[str, Any]) -> None:
        """Adam takes whatever it is given, and fails in its next step or goes on with less."""
        fits = bool(state["param_groups"] == self.optimizer.state_dict()["param_groups"])
        if fits:
            self.optimizer.load_state_dict(state)
        for weight, own in self.optimizer.state.items():
            fits &= own.keys() == {"step", "exp_avg", "exp_avg_sq"} and own["step"].ndim == 0
            fits &= own["exp_avg"].shape == own["exp_avg_sq"].shape == weight.shape
        if not fits:
            raise ValueError("the state of its optimizer does not fit the model")
