"""Measures one setting in a process of its own: ``python benchmarks/measure.py NAME MODEL …``."""

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
from typing import Any, cast

import torch
from plain import plain
from settings import SETTINGS, SMALLER, Setting
from torch import Tensor, nn

from specar.config import RunConfig
from specar.config.schema import DEFAULT_MODELS
from specar.config.settings import Execution, Precision
from specar.models import build_model
from specar.models.base import ModelOutput
from specar.models.shape import SeriesShape
from specar.models.specar.net import SpecARNet
from specar.models.timesnet.net import TimesNet
from specar.tasks import Task, make_task
from specar.training.device import configure, device_name
from specar.training.trainer import Trainer


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("setting", choices=list(SETTINGS))
    parser.add_argument("model", choices=[*DEFAULT_MODELS, "timesnet"])
    parser.add_argument("precision", choices=["fp32", "tf32", "bf16"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    device = configure(Execution(device=options.device, threads=options.threads), precision=options.precision)
    known = SETTINGS if device.type == "cuda" else {**SETTINGS, **SMALLER}
    with tempfile.TemporaryDirectory() as folder:
        json.dump(measured(known[options.setting], options, device, Path(folder)), sys.stdout)


def measured(
    setting: Setting, options: argparse.Namespace, device: torch.device, folder: Path
) -> dict[str, Any]:
    """Everything that is known of a setting, as plain values."""
    run = setting.run(options.model, options.precision)
    task = make_task(run, setting.data(run), device, seed=run.seed)
    torch.manual_seed(0)
    model = cast(SpecARNet | TimesNet, build_model(run.model.module, run.model.settings, task.shape))
    steppers = {
        "specar": Stepper(run, task, model, device, folder),
        "plain": Stepper(run, task, plain(model), device, folder),
    }
    _check_same(run, steppers["specar"].trainer.model, steppers["plain"].trainer.model, task.shape, device)
    # The plain one first: what it leaves to the allocator only helps the other's, if at all.
    memory = {name: peak_bytes(steppers[name], device) for name in ("plain", "specar")}
    per_example = run.model.spec.work_of(run.model.settings, task.shape)
    assert per_example is not None  # these models say it
    needed = per_example * run.training.batch_size
    return {
        "setting": setting.title,
        "task": run.task,
        "model": run.key.model,
        "precision": run.training.precision,
        "batch_size": run.training.batch_size,
        "d_model": run.model.settings.model_dump()["d_model"],
        **_times(steppers, needed.training, device, options),
        **_beside_the_model(steppers["specar"], Stepper(run, task, Nothing(task.shape), device, folder)),
        "training_multiply_adds": needed.training,
        "forward_multiply_adds": needed.forward,
        "elements": needed.elements,
        "peak_bytes": memory,
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def _times(
    steppers: dict[str, Stepper], multiply_adds: int, device: torch.device, options: argparse.Namespace
) -> dict[str, Any]:
    """Times of steps beside the floor."""
    times, rates = _rounds(steppers, device, options)
    rate = statistics.median(rates)
    return {
        "step_seconds": {name: statistics.median(values) for name, values in times.items()},
        "step_spread": {name: [min(values), max(values)] for name, values in times.items()},
        "floor_seconds": multiply_adds / rate,
        "matrix_rate": rate,
    }


def _beside_the_model(ours: Stepper, nothing: Stepper) -> dict[str, Any]:
    """Time of the evaluation, and what it and a step take without any model: windows, loss, metrics."""
    device, task = ours.trainer.device, ours.trainer.task
    data = statistics.median(_timed(nothing.loss, device) for _ in range(20))
    step = statistics.median(_timed(ours.step, device) for _ in range(3))
    evaluation = _timed(ours.trainer.validate, device)
    return {
        "data_share": data / step,
        "evaluation_seconds_per_example": evaluation / task.count("val"),
        "evaluation_share_beside_model": _timed(nothing.trainer.validate, device) / evaluation,
    }


class Stepper:
    """A model that is trained as the trainer does it, one step at a time on the same batch."""

    def __init__(
        self,
        run: RunConfig,
        task: Task,
        model: nn.Module,
        device: torch.device,
        folder: Path,
        graphs: bool = False,
    ) -> None:
        self.trainer = Trainer(run, task, model, device, folder, graphs=graphs)
        self.trainer.model.train()
        self.trainer.progress.epoch = 1
        self.index = torch.arange(run.training.batch_size, device=device)

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


def _check_same(
    run: RunConfig, ours: nn.Module, other: nn.Module, shape: SeriesShape, device: torch.device
) -> None:
    """A comparison of speed is one of the same function."""
    x = torch.randn(4, shape.seq_len, shape.channels, device=device)
    marks = torch.randn(4, shape.seq_len, shape.time_features, device=device) if shape.time_features else None
    with torch.no_grad():
        a, b = (network.eval()(x, marks).output for network in (ours, other))
    ours.train()
    other.train()
    error = float((a - b).abs().max() / b.abs().max())
    if not error < (1e-2 if run.training.precision == "tf32" else 1e-4):
        raise SystemExit(f"the two compute different functions: relative difference {error:.1e}")


def _rounds(
    steppers: dict[str, Stepper], device: torch.device, options: argparse.Namespace
) -> tuple[dict[str, list[float]], list[float]]:
    """Times of steps and rates of a large product, in turns: other load on the machine meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in steppers}
    rates: list[float] = []
    for stepper in steppers.values():
        _timed(stepper.step, device)
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end or len(rates) < 3:
        rates.append(matrix_rate(device, options.precision))
        for name, stepper in steppers.items():
            times[name].extend(_timed(stepper.step, device) for _ in range(2))
    return times, rates


def matrix_rate(device: torch.device, precision: Precision) -> float:
    """Multiply-adds per second of a large product in the precision of the steps, the best of four."""
    size = 8192 if device.type == "cuda" else 1024
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
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


def peak_bytes(stepper: Stepper, device: torch.device) -> int | None:
    """Memory that a training step takes at most, beside what is there before it; None where nothing tells."""
    stepper.step()
    stepper.trainer.model.zero_grad(set_to_none=True)
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        stepper.step()
        return torch.cuda.max_memory_allocated() - before
    peak = Path("/proc/self/clear_refs")  # of Linux
    if not peak.exists():
        return None
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # of glibc
        trim(0)
    peak.write_text("5")  # the peak begins anew
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
