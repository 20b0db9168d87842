"""Training steps of one run in a process of its own, for ``gpu_check.py``: ``steps.py SETTING MODE …``.

Prints a line when it is ready, waits for one on its input, so that several begin at once, and prints how many
steps it then did. MODE: eager, graphs (``execution.cuda_graphs``) or compile (``torch.compile``).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch
from measure import Stepper, _wait
from settings import SETTINGS, SMALLER

from specar.config.settings import Execution
from specar.models import build_model
from specar.tasks import make_task
from specar.training.device import configure

MODES = ("eager", "graphs", "compile")


def main() -> None:
    """Get ready, wait and step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("setting", choices=list(SETTINGS))
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    execution = Execution(device=options.device, threads=options.threads)
    graphs = options.mode == "graphs"
    device = configure(execution.model_copy(update={"cuda_graphs": graphs}), options.precision)
    known = SETTINGS if device.type == "cuda" else {**SETTINGS, **SMALLER}
    run = known[options.setting].run("specar", options.precision)
    task = make_task(run, known[options.setting].data(run), device, seed=run.seed)
    torch.manual_seed(0)
    model = build_model(run.model.module, run.model.settings, task.shape)
    if options.mode == "compile":
        model.compile()
    with tempfile.TemporaryDirectory() as folder:
        stepper = Stepper(run, task, model, device, Path(folder), graphs)
    start = time.perf_counter()
    losses = [float(stepper.step()) for _ in range(4)]
    print(json.dumps({"losses": losses, "first_seconds": time.perf_counter() - start}), flush=True)
    input()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() < start + options.seconds:
        for _ in range(5):
            stepper.step()
        _wait(device)
        steps += 5
    print(json.dumps({"steps": steps, "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
