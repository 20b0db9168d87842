"""Time and memory of what is made of records, and of planning, by the number of runs.

    python benchmarks/scale.py [--sizes 100 1000] [--only tables ...] [--output FILE]

Makes up whole records of every run of a matrix, near the published results, in a temporary folder, and calls
each command in a process of its own. Prints seconds of CPU, peak memory, and what 1,000 more records take.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from specar.base.files import read_json
from specar.config import RunConfig, load_config
from specar.config.schema import default_models
from specar.config.tasks import TASK_INFO
from specar.models import spec_of
from specar.paper.metrics import METRICS
from specar.paper.numbers import OURS
from specar.paper.published import published
from specar.paper.sources import metrics_of
from specar.results.rows import setting_label
from specar.runs.records import describe, describe_cell, sealed
from specar.runs.store import plan_of

ROOT = Path(__file__).parents[1]
PER_SEED = 80  # runs of one model, without TOP, on everything
PYTHON = [sys.executable, "-m"]
COMMANDS = {
    **{name: [*PYTHON, "specar", name] for name in ("tables", "judge", "figures", "report", "status")},
    "snakemake -n": [*PYTHON, "snakemake", "--snakefile", str(ROOT / "Snakefile"), "-n", "--quiet", "all"],
}
# Seconds and MB that 1,000 more records take, as docs/speed.md has them.
PUBLISHED = {
    "tables": (0.5, 28),
    "judge": (1.1, 38),
    "figures": (0.7, 28),
    "report": (3.5, 70),
    "status": (0.6, 31),
    "snakemake -n": (2.3, 32),
}


class Cost(NamedTuple):
    """What a command took."""

    seconds: float  # of CPU, of all its processes
    megabytes: float  # most of any one of its processes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--only", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    found: dict[int, dict[str, Cost]] = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            runs = made_up(Path(folder), size)
            found[runs] = {name: _cost(COMMANDS[name], Path(folder), name) for name in options.only}
    print("\n".join(table(found)))
    if options.output:
        rows = [{"runs": runs, "command": name, **cost._asdict()}
                for runs, costs in found.items() for name, cost in costs.items()]  # fmt: skip
        options.output.write_text(json.dumps(rows, indent=2) + "\n")


def table(found: dict[int, dict[str, Cost]]) -> list[str]:
    """Lines of a table: a column per size, then seconds and MB per 1,000 more from the least to the most."""
    first, last = min(found), max(found)
    lines = [
        f"{'runs':<14}" + "".join(f"{runs:>20,}" for runs in found) + f"{'1,000 more':>20}" * (last > first)
    ]
    lines[0] += f"{'docs/speed.md':>20}"
    for name, most in found[last].items():
        costs = [costs[name] for costs in found.values()]
        if last > first:
            more = 1000 / (last - first)
            costs.append(Cost(*((b - a) * more for a, b in zip(found[first][name], most, strict=True))))
        texts = [f"{one.seconds:.1f} s {one.megabytes:5.0f} MB" for one in (*costs, Cost(*PUBLISHED[name]))]
        lines.append(f"{name:<14}" + "".join(f"{text:>20}" for text in texts))
    return lines


def made_up(folder: Path, size: int) -> int:
    """Write configurations of about ``size`` runs and records of them all; returns how many there are.

    Models and seeds grow alike, as far as there are models. ``-n`` gets a plan without any record.
    """
    able = [label for label, one in default_models().items() if not spec_of(one.module).tasks]
    models = min(max(1, round((size / PER_SEED) ** 0.5)), len(able))
    values = {
        "results": str(folder / "results"),
        "data": {"dir": str(folder / "data"), "mirror": str(folder / "none")},
        "use_cache": False,
        "matrix": [{"task": task} for task in TASK_INFO],
        "run_models": able[:models],
        "top": [False],
        "seeds": list(range(1, max(1, round(size / PER_SEED / models)) + 1)),
    }
    (folder / "done.yaml").write_text(yaml.safe_dump(values))
    (folder / "new.yaml").write_text(yaml.safe_dump({**values, "results": str(folder / "new")}))
    plan = plan_of(load_config(folder / "done.yaml"))
    for name, run in plan.runs.items():
        _write(plan.own_record_file(name), record_of(run))
    for name, cell in plan.cells.items():
        for path in plan.own_floor_files(name):
            metrics = dict.fromkeys(metrics_of(cell.task, cell.protocol), 2.0)
            named = {**describe_cell(cell), "baseline": path.stem, "metrics": metrics}
            _write(path, {**_like("floors/*/*.json"), **named, "config": cell.model_dump(mode="json")})
    return len(plan.runs)


def record_of(run: RunConfig) -> dict[str, Any]:
    """Return a record of a run, within a few percent of what is published of it."""
    named = describe(run)
    random = np.random.default_rng(zlib.crc32(named["run_id"].encode()))
    setting = "" if run.setting is None else setting_label(run.setting)
    metrics = {}
    for metric in metrics_of(run.task, run.protocol):
        other = 50.0 if METRICS[metric].percent else 1.0
        value = _printed(run.task).get((run.dataset, setting, metric), other)
        metrics[metric] = value / METRICS[metric].scale * (1 + 0.02 * random.normal())
    like = _like("classification-*-specar-*.json" if run.task == "classification" else "long*-specar-*.json")
    return {**like, **named, "metrics": metrics, "config": run.model_dump(mode="json")}


@functools.cache
def _printed(task: str) -> dict[Any, float]:
    rows = published(task)
    own = rows[(rows["published_as"] == OURS) & ~rows["top"].astype(bool)]
    return own.set_index(["dataset", "setting", "metric"])["published"].astype(float).to_dict()


@functools.cache
def _like(pattern: str) -> dict[str, Any]:
    """One of the records that come with the project."""
    record: dict[str, Any] = read_json(min((ROOT / "results" / "cached").glob(pattern)))
    return record


def _write(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sealed(record), indent=2))  # not write_json, which waits for the disk


def _cost(command: list[str], folder: Path, name: str) -> Cost:
    """Call a command about the records, or about the plan without any."""
    planned = "snakemake" in name
    option, file = ("--configfile", "new.yaml") if planned else ("--config", "done.yaml")
    config = [option, str(folder / file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("w+") as log:
        called = subprocess.Popen([*command, *config], cwd=folder, env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(called.pid, 0)
        called.returncode = os.waitstatus_to_exitcode(status)
        if called.returncode:
            log.seek(0)
            sys.exit(f"{name} failed:\n{log.read()[-3000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
