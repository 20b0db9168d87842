"""Kill the demonstration at random moments and go on: the numbers must be those of an undisturbed run.

    python benchmarks/interruptions.py [--kills 5] [--seed 0] [--config config/demo.yaml]

Snakemake and all its jobs get SIGKILL, each time after a random share of what an undisturbed run takes; then
the same command runs to its end. Compares all that records say but their provenance and what epochs took, the
arrays and the tables, and looks for files that should not be left. Exits with 1 if anything differs or is
left over.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run once undisturbed and once with kills; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--config", type=Path, default=ROOT / "config" / "demo.yaml")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        finish(options.config, Path(folder) / "undisturbed")
        seconds = time.monotonic() - start
        print(f"undisturbed: {seconds:.0f} s", flush=True)
        moments = random.Random(options.seed)
        for _ in range(options.kills):
            kill(options.config, Path(folder) / "killed", moments.uniform(0.03, 0.4) * seconds)
        finish(options.config, Path(folder) / "killed")
        return compare(Path(folder) / "undisturbed", Path(folder) / "killed")


def start_workflow(config: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start Snakemake in a process group of its own."""
    folder.mkdir(exist_ok=True)
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"),
        *("--configfile", str(config), "--config", "results=results", "cache=none"),
        "data={dir: results/data, mirror: " + str(ROOT / "config" / "demo-data") + "}",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = (folder / "log").open("ab")
    return subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True, stdout=log, stderr=log
    )


def finish(config: Path, folder: Path) -> None:
    """Run to the end."""
    if start_workflow(config, folder).wait() != 0:
        sys.exit(f"the workflow failed:\n{(folder / 'log').read_text()[-2000:]}")


def kill(config: Path, folder: Path, seconds: float) -> None:
    """Run for a while, then kill everything."""
    process = start_workflow(config, folder)
    time.sleep(seconds)
    done = process.poll() is not None
    if not done:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    records = len(list(folder.glob("results/runs/*/metrics.json")))
    print(f"after {seconds:.0f} s: {'was done already' if done else 'killed'}, {records} records", flush=True)


def compare(expected: Path, actual: Path) -> int:
    """Compare the results of two folders; returns 1 where they differ."""
    before, after = content(expected), content(actual)
    differing = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    kept = {"metrics.json", "history.jsonl", "examples.json"}
    stale = [path for path in (actual / "results").rglob("*") if path.name.endswith(".part")]
    stale += [path for path in actual.glob("results/runs/*/*") if path.name not in kept]
    for name in differing:
        print(f"differs: {name}")
    for path in stale:
        print(f"left over: {path.relative_to(actual)}")
    print(f"{len(before)} files compared, {len(differing)} differ, {len(stale)} left over")
    return int(bool(differing or stale))


def content(folder: Path) -> dict[str, Any]:
    """What has to be equal, by file."""
    results = folder / "results"
    records = [*results.glob("runs/*/metrics.json"), *results.glob("floors/*/*.json")]
    found: dict[str, Any] = {str(path.relative_to(results)): said(path) for path in records}
    patterns = ("tables/*", "data/**/*.npy", "collected/*", "runs/*/examples.json")
    others = [path for pattern in patterns for path in results.glob(pattern)]
    return found | {str(path.relative_to(results)): path.read_bytes() for path in others}


def said(path: Path) -> dict[str, Any]:
    """What a record says that does not depend on when and how fast it was made."""
    record: dict[str, Any] = json.loads(path.read_text())
    del record["provenance"]
    for epoch in record.get("history", ()):
        del epoch["seconds"], epoch["peak_memory_bytes"]
    return record


if __name__ == "__main__":
    sys.exit(main())
