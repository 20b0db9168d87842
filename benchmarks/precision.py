"""What a precision costs in the results: whole training runs with the same seeds in fp32 and in another.

    python benchmarks/precision.py [--precisions bf16] [--seeds 1 2 3] [--tasks …] [--folder …]

The runs are those of ``SETTINGS`` with the authors' hyper-parameters, on the real data. What is in the folder
already is not trained again. Prints the test metrics and their relative differences, and writes them as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from specar.config.schema import DEFAULT_MODELS

ROOT = Path(__file__).parents[1]
SETTINGS: dict[str, dict[str, Any]] = {
    "long_term_forecast": {"datasets": ["Exchange"], "horizons": [96]},
    "classification": {"datasets": ["JapaneseVowels"]},
    "imputation": {"datasets": ["ETTh1"], "mask_ratios": [0.25]},
}


def main() -> None:
    """Train what is missing, compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--precisions", nargs="+", default=["bf16"], choices=["bf16", "tf32"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--tasks", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--model", default="specar", choices=DEFAULT_MODELS)
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "precision")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    found = {
        (task, precision): records(task, precision, options)
        for task in options.tasks
        for precision in ("fp32", *options.precisions)
    }
    rows = [row for key in found if key[1] != "fp32" for row in differences(key, found)]
    for row in rows:
        print(
            f"{row['task']:<20} {row['metric']:<10} {row['precision']}: fp32 {row['fp32']:.5g}, "
            f"{row['other']:.5g}; difference {row['mean']:+.3%}, largest of a seed {row['largest']:.3%}; "
            f"seeds differ by {row['between_seeds']:.3%} (sd)"
        )
    (options.folder / "precision.json").write_text(json.dumps(rows, indent=2) + "\n")


def records(task: str, precision: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Records of a task in a precision, seed by seed; what has none is trained."""
    folder = options.folder / f"{task}-{precision}"
    config = folder / "config.yaml"
    values = {
        "results": str(folder),
        "use_cache": False,
        "seeds": options.seeds,
        "run_models": [options.model],
        "top": [False],
        "training": {"precision": precision},
        "execution": {"threads": options.threads},
        "data": {"dir": str(options.folder / "data")},
        "matrix": [{"task": task, **SETTINGS[task]}],
    }
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text(yaml.safe_dump(values))
    plan = folder / "plan.json"
    specar("prepare", "--config", str(config))
    specar("plan", "--config", str(config), "--output", str(plan))
    found = []
    for name in specar("runs", "--ids", "--plan", str(plan)).split():
        specar("train", name, "--plan", str(plan))
        found.append(json.loads((folder / "runs" / name / "metrics.json").read_text()))
    return found


def specar(*arguments: str) -> str:
    """Run a command of specar and return what it prints."""
    command = [sys.executable, "-m", "specar", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def differences(
    key: tuple[str, str], found: dict[tuple[str, str], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Per metric the relative differences from fp32, over the seeds."""
    task, precision = key
    pairs = list(zip(found[task, "fp32"], found[key], strict=True))
    rows = []
    for metric in pairs[0][0]["metrics"]:
        base, other = ([record["metrics"][metric] for record in side] for side in zip(*pairs, strict=True))
        changes = [b / a - 1 for a, b in zip(base, other, strict=True)]
        spread = statistics.stdev(base) / statistics.mean(base) if len(base) > 1 else 0.0
        rows.append(
            {
                "task": task,
                "metric": metric,
                "precision": precision,
                "fp32": statistics.mean(base),
                "other": statistics.mean(other),
                "mean": statistics.mean(changes),
                "largest": max(map(abs, changes)),
                "between_seeds": spread,
                "device": pairs[0][1]["provenance"]["device"]["name"],
            }
        )
    return rows


if __name__ == "__main__":
    main()
