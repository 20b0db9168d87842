"""Speed of training steps beside a plain reference and beside the floor (``make bench``).

    python benchmarks/speed.py [--settings etth1 …] [--models specar specar-released] [--precisions fp32]
                               [--threads 2] [--seconds 3] [--output results/benchmarks/speed.json]

Every setting is measured in a process of its own, in turns with the plain reference (``plain.py``) and with
a large matrix product. The floor is the time that the multiply-adds which the function needs take at the rate
of that product. The times are those of the machine; what can be compared are the ratios.

- step: a training step as the trainer does it, with the batch drawn and Adam.
- floor share: the floor by the time of the step.
- data: what a step takes without any model, by the step; eval: the same of the evaluation, with its metrics.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from settings import SETTINGS

from specar.base.files import write_json
from specar.config.schema import DEFAULT_MODELS
from specar.config.settings import Execution

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure, print a table and write JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--settings", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--models", nargs="+", choices=DEFAULT_MODELS, default=DEFAULT_MODELS)
    parser.add_argument("--precisions", nargs="+", choices=["fp32", "tf32", "bf16"], default=["fp32"])
    parser.add_argument("--threads", type=int, default=Execution().threads)
    parser.add_argument("--seconds", type=float, default=6.0, help="time for the steps of a setting")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "benchmarks" / "speed.json")
    options = parser.parse_args()
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"{options.output} cannot be written: {error.strerror}") from error
    rows = []
    for row in _measured(options):
        if not rows:
            print(f"{row['device']}, {row['threads']} threads, torch {row['torch']}\n{HEAD}")
        rows.append(row)
        print(line_of(row), flush=True)
        write_json(options.output, rows)
    print(f"written to {options.output}")


def _measured(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for name in options.settings:
        for model in SETTINGS[name].models or options.models:
            for precision in options.precisions:
                yield _in_a_process(name, model, precision, options)


def _in_a_process(name: str, model: str, precision: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("measure.py")), name, model, precision]
    command += ["--threads", str(options.threads), "--seconds", str(options.seconds)]
    command += ["--device", options.device]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(options.threads)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{name} {model} {precision} could not be measured (see above)")
    row: dict[str, Any] = json.loads(done.stdout)
    return row


HEAD = (
    f"{'setting':<56} {'':<15} {'':<5} {'step':>9} {'plain':>9} {'faster':>7} {'floor share':>12} "
    f"{'memory':>8} {'plain':>8} {'data':>6} {'eval':>6} {'examples/s':>11}"
)


def line_of(row: dict[str, Any]) -> str:
    """A line of the table."""
    step, other = row["step_seconds"]["specar"], row["step_seconds"]["plain"]
    peaks = [row["peak_bytes"][name] for name in ("specar", "plain")]
    memory = ["–" if peak is None else f"{peak / 1e6:.0f} MB" for peak in peaks]
    return (
        f"{row['setting']:<56} {row['model']:<15} {row['precision']:<5} {step * 1e3:>6.1f} ms "
        f"{other * 1e3:>6.1f} ms {other / step:>6.2f}x {row['floor_seconds'] / step:>12.0%} "
        f"{memory[0]:>8} {memory[1]:>8} {row['data_share']:>6.1%} "
        f"{row['evaluation_share_beside_model']:>6.1%} {1 / row['evaluation_seconds_per_example']:>11.0f}"
    )


if __name__ == "__main__":
    main()
