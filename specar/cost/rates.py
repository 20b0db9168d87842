"""How fast a machine works through a run: measured (``make bench``, ``make gpu-check``) or assumed.

A training step takes a time for its multiply-adds, one for the values that it moves through memory, and one
that does not depend on sizes: operations are started one by one. Evaluation does the forward pass alone, in
batches so large that the last one does not count.
"""

from __future__ import annotations

import itertools
import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from specar.base.errors import SpecarError
from specar.models.shape import Work

BENCHMARK = Path("results/benchmarks/speed.json")
_ENOUGH = 6  # rows, for three rates: fewer settings could be fitted by anything

# Of the data sheets: multiply-adds per second in fp32 outside of tensor cores, which fp32 does not use, and
# bytes per second. What is assumed of them stands here and nowhere else.
_SHEETS = {"H200": (67e12 / 2, 4.8e12), "RTX 3090": (35.6e12 / 2, 936e9)}
_EFFICIENCY = 0.5  # of both; it decides the wide models, as narrow ones wait for their operations to start
_BYTES = 32  # per value that a pass holds: fp32, written or read eight times by the steps that follow
_OPERATIONS, _LAUNCH = 400, 10e-6  # of a training step (300 to 500 counted); seconds to start one from Python


@dataclass(frozen=True)
class Load:
    """What takes time: multiply-adds, values that passes hold, and training steps."""

    multiply_adds: float
    elements: float
    steps: float


def load(work: Work, trained: int, steps: int, evaluated: int) -> Load:
    """Return the load of examples with that work each: those trained on have three passes."""
    multiply_adds = trained * work.training + evaluated * work.forward
    return Load(multiply_adds, (3 * trained + evaluated) * work.elements, steps)


@dataclass(frozen=True)
class Rates:
    """What a machine needs for each part of a load.

    ``device`` has the number of threads of a CPU, ``source`` says where the rates come from. The errors are
    those of the measured times, relative and without sign; None: not measured.
    """

    seconds_per_multiply_add: float
    seconds_per_element: float
    seconds_per_step: float
    device: str
    source: str
    median_error: float | None = None
    largest_error: float | None = None

    @property
    def measured(self) -> bool:
        return self.median_error is not None

    def seconds(self, load: Load) -> float:
        return (
            self.seconds_per_multiply_add * load.multiply_adds
            + self.seconds_per_element * load.elements
            + self.seconds_per_step * load.steps
        )


def fit(rows: Sequence[Mapping[str, Any]], source: str) -> Rates:
    """Fit rates to rows of ``benchmarks/speed.py``: least squares of the relative errors, none negative.

    Raises
    ------
    KeyError
        A row lacks something.
    ValueError, OverflowError
        A number of a row is not positive, not finite or too large.
    """
    times = [time for row in rows for time in _times(row)]
    parts = [[one.multiply_adds / time, one.elements / time, one.steps / time] for one, time in times]
    threads = rows[0]["threads"]
    device = f"{rows[0]['device']}, {threads} thread{'s' * (threads != 1)}"
    rates = Rates(*_non_negative(parts), device, source)
    errors = [abs(rates.seconds(one) / time - 1) for one, time in times]
    return replace(rates, median_error=statistics.median(errors), largest_error=max(errors))


def _times(row: Mapping[str, Any]) -> Iterator[tuple[Load, float]]:
    """Loads of a row and their measured seconds: of a training step, and of evaluating as many examples."""
    work = Work(row["forward_multiply_adds"], row["training_multiply_adds"], row["elements"])
    step = float(row["step_seconds"]["specar"])
    evaluated = float(row["evaluation_seconds_per_example"]) * row["batch_size"]
    numbers = (work.forward, work.training, work.elements, step, evaluated)
    if not all(0 < float(number) < math.inf for number in numbers):
        raise ValueError("a number of the benchmark is not positive")
    yield load(work, 1, 1, 0), step
    yield load(work, 0, 0, 1), evaluated


def _non_negative(rows: list[list[float]]) -> tuple[float, float, float]:
    """Return x >= 0 with the least squares of rows · x - 1: the best of those with some of the three zero.

    SciPy, which has it, takes longer to be imported than the command takes that asks for this.
    """
    matrix, found = np.array(rows), []
    scales = np.where(matrix.any(axis=0), np.abs(matrix).max(axis=0), 1.0)
    for chosen in map(list, itertools.product((False, True), repeat=3)):
        x = np.zeros(3)
        x[chosen] = np.linalg.lstsq((matrix / scales)[:, chosen], np.ones(len(rows)), rcond=None)[0]
        if (x >= 0).all():
            found.append((float(np.square(matrix / scales @ x - 1).sum()), *map(float, x / scales)))
    _, first, second, third = min(found)
    return first, second, third


def here(path: Path = BENCHMARK) -> Rates | None:
    """Return the rates of the benchmark that was run here, in fp32.

    None where there is none, where it is damaged or of several machines, or has too few settings.
    """
    with suppress(OSError, ValueError, KeyError, TypeError, OverflowError):
        rows = [row for row in json.loads(path.read_text(encoding="utf-8")) if row["precision"] == "fp32"]
        if len(rows) >= _ENOUGH and len({(row["device"], row["threads"]) for row in rows}) == 1:
            return fit(rows, f"measured, {path.as_posix()}")
    return None


def classes() -> list[Rates]:
    """Return the rates of machines that others may have: a CPU, as measured, comes last.

    Before it GPUs, two of them as assumed for as long as none was measured.
    """
    known = json.loads(files("specar.cost").joinpath("measured.json").read_text(encoding="utf-8"))
    measured = [fit(one["rows"], f"measured on {one['date']}") for one in known]
    if any(one["type"] == "cuda" for one in known):
        return measured
    assumed = [
        Rates(
            1 / (_EFFICIENCY * multiply_adds),
            _BYTES / (_EFFICIENCY * memory),
            _OPERATIONS * _LAUNCH,
            device,
            "assumed from its data sheet, not measured",
        )
        for device, (multiply_adds, memory) in _SHEETS.items()
    ]
    return [*assumed, *measured]


def rates_of(device: str | None = None) -> Rates:
    """Return the rates of a machine by a part of its name; by default this one's, or the CPU's as measured.

    `SpecarError`: no machine, or more than one, has such a name.
    """
    own = here()
    machines = [*([own] if own else []), *classes()]
    if device is None:
        return own or machines[-1]
    found = [rates for rates in machines if device.lower() in rates.device.lower()]
    if len({rates.device for rates in found}) != 1:
        known = ", ".join(rates.device for rates in machines)
        raise SpecarError(f"{len(found)} machines are called {device!r:.80}; known: {known}")
    return found[0]
