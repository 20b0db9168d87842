"""Fixed cost of a training job in seconds of CPU: until its first step, and from the last step to its exit.

    python benchmarks/overhead.py [--runs 5] [--output FILE]

Every run is trained for one epoch of few steps in a process of its own, as the workflow starts it; the first
and the last call of ``backward`` give the times (seconds of CPU, of git's as well: whatever else the machine
does hardly changes them). Prints a table and, if asked for, writes JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
# Notes when backward is called; otherwise the process is the workflow's.
PROBE = """
import os, sys
import torch
stamps = []
backward = torch.Tensor.backward
def noted(*arguments, **options):
    stamps.append(sum(os.times()[:4]))
    backward(*arguments, **options)
    stamps.append(sum(os.times()[:4]))
torch.Tensor.backward = noted
from specar.cli import main
status = main(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(f"{stamps[0]} {stamps[-1]}")
sys.exit(status)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            row
            for task in ("imputation", "classification")
            for row in measure(task, options.runs, Path(folder))
        ]
    for task in dict.fromkeys(row["task"] for row in rows):
        own = [row for row in rows if row["task"] == task]
        middle = {key: statistics.median(row[key] for row in own) for key in ("start", "end", "whole")}
        print(
            f"{task:<16} start to first step {middle['start']:.2f} s of CPU, "
            f"last step to exit {middle['end']:.2f} s, "
            f"together {middle['start'] + middle['end']:.2f} s (median of {len(own)})"
        )
    if options.output:
        options.output.write_text(json.dumps(rows, indent=2) + "\n")


def measure(task: str, number: int, folder: Path) -> list[dict[str, Any]]:
    """Time ``number`` runs of a task on the data of the demonstration."""
    config = folder / f"{task}.yaml"
    demo = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
    entry = next(entry for entry in demo["matrix"] if entry["task"] == task)
    changes = {
        "results": str(folder / task),
        "data": {"dir": str(folder / "data"), "mirror": str(ROOT / "config" / "demo-data")},
        "matrix": [entry],
        "run_models": ["specar"],
        "seeds": list(range(number)),
        "training": {"epochs": 1, "batch_size": 256},
    }
    config.write_text(yaml.safe_dump({**demo, **changes}))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    def specar(*arguments: str) -> str:
        command = [sys.executable, "-m", "specar", *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    specar("prepare", "--config", str(config))
    specar("plan", "--config", str(config), "--output", str(folder / "plan.json"))
    names = specar("runs", "--ids", "--plan", str(folder / "plan.json")).split()
    return [_timed(task, name, folder, environment) for name in names]


def _timed(task: str, name: str, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    stamps = folder / "stamps"
    command = [sys.executable, "-c", PROBE, str(stamps), "train", name, "--plan", str(folder / "plan.json")]
    before = sum(os.times()[2:4])
    subprocess.run(command, env=environment, check=True, capture_output=True)
    whole = sum(os.times()[2:4]) - before
    first, last = map(float, stamps.read_text().split())
    return {"task": task, "run": name, "start": first, "end": whole - last, "whole": whole}


if __name__ == "__main__":
    main()
