"""Filling a machine for a time: runs as processes side by side, stopped in time with checkpoints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from specar.base.errors import SpecarError
from specar.base.locks import hold_lock
from specar.config import cell_id
from specar.cost.sharing import slots_of
from specar.data.meta import META
from specar.results.order import Next
from specar.runs.plan import Plan
from specar.runs.records import finished_record
from specar.runs.status import status_of
from specar.runs.store import write_plan
from specar.training.gpu import gpu_ids, slots_per_gpu
from specar.training.interrupts import Interrupts

State = Literal["finished", "stopped", "failed"]
GRACE = 60.0  # seconds after the end for checkpoints and floors, before processes are killed
_LOOK = 0.2  # seconds between two looks at the processes
_ASKED = {-signal.SIGTERM, -signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGINT}  # exit status


@dataclass(frozen=True)
class _Job:
    run: Next
    slots: int
    process: subprocess.Popen[bytes]
    log: Path
    trains: bool  # else it computes the floors of a run that is done


class Filling:
    """Runs of a plan on this machine until ``seconds`` are over; ``jobs`` at a time at most.

    There are as many at a time as have ``execution.threads`` cores each, and as share the GPUs. A run is
    begun if it is predicted to end in time; where none is left that does, one of which an epoch does, as it
    goes on from its checkpoint another time. Runs whose data is not prepared are left out.
    """

    def __init__(self, plan: Plan, runs: Sequence[Next], seconds: float, jobs: int | None = None) -> None:
        execution = plan.config.execution
        prepared = {name for name in plan.datasets if (plan.prepared / name / META).is_file()}
        self.plan, self.end = plan, time.monotonic() + seconds
        self.waiting = [run for run in runs if plan.runs[run.name].dataset in prepared]
        self.jobs = jobs or max(1, _cores() // execution.threads)
        self.gpu_slots = len(gpus := gpu_ids(execution)) * slots_per_gpu(execution)
        names = {run.name: plan.runs[run.name] for run in self.waiting}
        self.slots = slots_of(plan, names) if gpus else dict.fromkeys(names, 0)
        self.running: list[_Job] = []
        self.ended: Counter[State] = Counter()
        self.stopping = False
        if not self.waiting:
            lacking = sorted({plan.runs[run.name].dataset for run in runs} - prepared)
            way = f"specar prepare {' '.join(lacking)}" if lacking else "specar runs --state failed"
            raise SpecarError(f"no run to begin, of {len(runs)} that are to be done; see '{way}'")

    def work(self) -> Iterator[str]:
        """Do it; yields a line per run that has ended. A signal ends the time."""
        lock = hold_lock(self.plan.results / ".lock", "another snakemake or specar fill")
        write_plan(self.plan, self.plan.file)
        with Interrupts() as interrupts:
            try:
                while self._begin():
                    time.sleep(_LOOK)
                    yield from self._ended()
                    if interrupts.received is not None or time.monotonic() >= self.end:
                        break
                yield from self._stop()
            finally:
                self._signal(signal.SIGTERM, self.running)  # where what is said finds no reader
                os.close(lock)

    def _begin(self) -> bool:
        """Start what there is room for; tells whether anything runs."""
        while len(self.running) < self.jobs and (run := self._next()) is not None:
            self.waiting.remove(run)
            self.running.append(self._started(run, self.slots[run.name], "train", run.name))
        return bool(self.running)

    def _next(self) -> Next | None:
        """The first run that ends in time, else one that gets somewhere; None where its GPU is taken."""
        left = self.end - time.monotonic()
        epochs = {run.name: self.plan.runs[run.name].training.epochs for run in self.waiting}
        ends = [run for run in self.waiting if run.seconds <= left]
        begins = [
            run for run in self.waiting if run.seconds / epochs[run.name] <= left and not self._whole(run)
        ]
        run = next(iter(ends or begins), None)
        taken = sum(job.slots for job in self.running)
        return None if run is None or taken + self.slots[run.name] > self.gpu_slots else run

    def _whole(self, run: Next) -> bool:
        """Whether nothing is kept of a run that does not end."""
        return self.plan.runs[run.name].model.spec.fitted

    def _started(self, run: Next, slots: int, command: str, name: str) -> _Job:
        log = self.plan.results / "logs" / command / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "specar", command, name, "--plan", str(self.plan.file)]
        with log.open("wb") as file:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        return _Job(run, slots, process, log, command == "train")

    def _ended(self) -> Iterator[str]:
        for job in [job for job in self.running if job.process.poll() is not None]:
            self.running.remove(job)
            state: State = "finished"
            if job.process.returncode:
                state = "stopped" if job.process.returncode in _ASKED else "failed"
            cell = cell_id(self.plan.runs[job.run.name].cell)
            if job.trains or (state == "failed" and not self.stopping):
                self.ended[state] += 1
                yield f"{state}: {job.run.name}: {self._words(job, state)}"
            if job.trains and state == "finished" and not self._has_floors(cell):
                self.running.append(self._started(job.run, 0, "floors", cell))

    def _has_floors(self, cell: str) -> bool:
        busy = any(
            cell == cell_id(self.plan.runs[job.run.name].cell) for job in self.running if not job.trains
        )
        return busy or cell in self.plan.cached_cells or all(
            path.exists() for path in self.plan.own_floor_files(cell)
        )  # fmt: skip

    def _words(self, job: _Job, state: State) -> str:
        name = job.run.name
        if state == "finished":
            metrics = (finished_record(self.plan, name) or {"metrics": {}})["metrics"]
            return ", ".join(f"{metric} {value:.4f}" for metric, value in metrics.items())
        if state == "stopped":
            return f"{status_of(self.plan, name).epoch} epochs are done; it goes on when it is begun again"
        return status_of(self.plan, name).reason or f"see {job.log}"

    def _stop(self) -> Iterator[str]:
        """End what trains, each with a checkpoint, and let floors end."""
        self.stopping = True
        self._signal(signal.SIGTERM, [job for job in self.running if job.trains])
        end = time.monotonic() + GRACE
        while self.running:
            if time.monotonic() > end:
                self._signal(signal.SIGKILL, self.running)
            time.sleep(_LOOK)
            yield from self._ended()

    def _signal(self, number: signal.Signals, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            job.process.send_signal(number)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
