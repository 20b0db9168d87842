"""Measures one setting in a process of its own: ``python benchmarks/measure.py NAME ARCHITECTURE …``."""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from plain import plain
from settings import SETTINGS, SMALLER, Setting
from torch import Tensor, nn

from specar.config import RunConfig
from specar.config.settings import Execution
from specar.cost.work import modules_of, work_of
from specar.models import build_model
from specar.models.base import ModelOutput, SeriesShape
from specar.tasks import Task, make_task
from specar.training.device import configure, device_name
from specar.training.trainer import Trainer


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("setting", choices=list(SETTINGS))
    parser.add_argument("architecture", choices=["paper", "released"])
    parser.add_argument("precision", choices=["fp32", "tf32", "bf16"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--without-plain", action="store_true")
    options = parser.parse_args()
    device = configure(Execution(device=options.device, threads=options.threads), precision=options.precision)
    known = SETTINGS if device.type == "cuda" else {**SETTINGS, **SMALLER}
    with tempfile.TemporaryDirectory() as folder:
        json.dump(measured(known[options.setting], options, device, Path(folder)), sys.stdout)


def measured(
    setting: Setting, options: argparse.Namespace, device: torch.device, folder: Path
) -> dict[str, Any]:
    """Everything that is known of a setting."""
    run = setting.run(options.architecture, options.precision)
    data = setting.data(run)
    task = make_task(run, data, device, seed=run.seed)
    torch.manual_seed(0)
    model = modules_of(build_model(run.model, task.shape))
    ours = Stepper(run, task, model, device, folder)
    steppers = {"specar": ours}
    if not options.without_plain:
        steppers["plain"] = Stepper(run, task, plain(model), device, folder)
        _check_same(run, *(stepper.trainer.model for stepper in steppers.values()), ours.batch)
    memory = {name: peak_bytes(stepper, device) for name, stepper in reversed(steppers.items())}
    times, rates = _rounds(steppers, device, options.seconds)
    nothing = Stepper(run, task, Nothing(task.shape).to(device), device, folder)
    data_seconds = statistics.median(_timed(nothing.loss, device) for _ in range(20))
    work = work_of(model) * len(ours.batch[0])
    rate = statistics.median(rates)
    step = statistics.median(times["specar"])
    evaluation = _timed(lambda: ours.trainer.validate(), device)
    # What evaluation costs beside the model: windows, metrics.
    beside = _timed(lambda: nothing.trainer.validate(), device)
    return {
        "setting": setting.title,
        "task": run.task,
        "architecture": run.model.architecture,
        "precision": run.training.precision,
        "batch_size": len(ours.batch[0]),
        "step_seconds": {name: statistics.median(values) for name, values in times.items()},
        "step_spread": {name: [min(values), max(values)] for name, values in times.items()},
        "floor_seconds": work.training / rate,
        "training_multiply_adds": work.training,
        "forward_multiply_adds": work.forward,
        "elements": work.elements,
        "d_model": run.model.d_model,
        "matrix_rate": rate,
        "data_share": data_seconds / step,
        "evaluation_seconds_per_example": evaluation / task.count("val"),
        "evaluation_share_beside_model": beside / evaluation,
        "peak_bytes": memory,
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


class Stepper:
    """A model that is trained as the trainer does it, one step at a time on the same batch."""

    def __init__(
        self, run: RunConfig, task: Task, model: nn.Module, device: torch.device, folder: Path
    ) -> None:
        self.trainer = Trainer(run, task, model, device, folder)
        self.trainer.model.train()
        self.trainer.progress.epoch = 1
        self.index = torch.arange(run.training.batch_size, device=device)
        self.batch = task.draw(self.index, self.trainer.state.noise)

    def step(self) -> Tensor:
        """One training step, its batch drawn anew."""
        return self.trainer._step(self.index)

    def loss(self) -> Tensor:
        """Draw a batch and compute its loss."""
        batch = self.trainer.task.draw(self.index, self.trainer.state.noise)
        return self.trainer.task.loss(self.trainer.model, batch)[0]


class Nothing(nn.Module):
    """Predicts zeros: what is left of a step is the way of the data and the loss."""

    def __init__(self, shape: SeriesShape) -> None:
        super().__init__()
        self.shape, self.zero = shape, nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, *_: Any, **__: Any) -> ModelOutput:
        if self.shape.classes:
            return ModelOutput(self.zero.expand(len(x), self.shape.classes), None)
        steps = self.shape.pred_len or self.shape.seq_len
        return ModelOutput(self.zero.expand(len(x), steps, self.shape.channels), None)


def _check_same(run: RunConfig, ours: nn.Module, other: nn.Module, batch: Any) -> None:
    """A comparison of speed is one of the same function."""
    model = modules_of(ours)
    shape = model.shape
    x = torch.randn(4, shape.seq_len, shape.channels, device=batch[0].device)
    marks = (
        torch.randn(4, shape.seq_len, shape.time_features, device=x.device) if shape.time_features else None
    )
    with torch.no_grad():
        a, b = (network.eval()(x, marks).output for network in (ours, other))
    ours.train(), other.train()
    error = float((a - b).abs().max() / b.abs().max())
    if error > (1e-4 if run.training.precision == "fp32" else 1e-2):
        raise SystemExit(f"the two compute different functions: relative difference {error:.1e}")


def _rounds(
    steppers: dict[str, Stepper], device: torch.device, seconds: float
) -> tuple[dict[str, list[float]], list[float]]:
    """Times of steps and rates of a large product, in turns: other load on the machine meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in steppers}
    rates: list[float] = []
    for stepper in steppers.values():
        _timed(stepper.step, device)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(rates) < 3:
        rates.append(matrix_rate(device))
        for name, stepper in steppers.items():
            times[name].extend(_timed(stepper.step, device) for _ in range(2))
    return times, rates


def matrix_rate(device: torch.device, size: int | None = None) -> float:
    """Multiply-adds per second of a large product in the precision of the process, the best of four."""
    size = size or (8192 if device.type == "cuda" else 1024)
    a, b = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    return size**3 / min(_timed(lambda: a @ b, device) for _ in range(4))


def _timed(call: Callable[[], Any], device: torch.device) -> float:
    _wait(device)
    start = time.perf_counter()
    call()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def peak_bytes(stepper: Stepper, device: torch.device) -> int:
    """Memory that a training step takes at most, beside what is there before it."""
    stepper.step()
    stepper.trainer.model.zero_grad(set_to_none=True)
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        stepper.step()
        return torch.cuda.max_memory_allocated() - before
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = dict(_memory())["VmRSS"]
    stepper.step()
    return dict(_memory())["VmHWM"] - before


def _memory() -> Iterator[tuple[str, int]]:
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            yield name, int(value.split()[0]) * 1024


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main()
