"""What a precision costs in the results: whole training runs with the same seeds in fp32 and in another.

    python benchmarks/precision.py [--precisions bf16] [--seeds 1 2 3] [--tasks …] [--folder …] [--write]

The runs are those of ``SETTINGS``, on the real data and with the authors' hyper-parameters but for what is
said there. What has a shipped record, or one in the folder, is not trained again. Prints test metrics, the
largest change of a seed and how far seeds differ, and writes them as JSON; ``--write`` puts them into the
table by which ``training.precision: auto`` is decided (``specar/config/precision.json``), in place of the
same ones, and into docs/speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from specar.base.files import write_text
from specar.config.precision import TABLE, Comparison, read_table, table_text
from specar.config.schema import DEFAULT_MODELS

ROOT = Path(__file__).parents[1]
SHIPPED, PAGE = ROOT / "specar" / "config" / TABLE, ROOT / "docs" / "speed.md"
MARKED = re.compile(
    r"(?<=<!-- precisions: written by benchmarks/precision.py -->\n).*?(?=<!-- end of precisions -->)",
    re.DOTALL,
)
HEAD = ["Task", "Setting", "Metric", "fp32", "sd of seeds", "Precision", "Mean", "Largest change", "Within"]
CACHED = ROOT / "results" / "cached"
# Changes are for the time that the runs take on a CPU.
SETTINGS: dict[str, dict[str, Any]] = {
    "long_term_forecast": {"datasets": ["Exchange"], "horizons": [96]},
    "short_term_forecast": {"datasets": ["M4-Weekly"]},
    "classification": {"datasets": ["JapaneseVowels"]},
    "anomaly_detection": {
        "datasets": ["MSL"],
        "task_settings": {"train_stride": 50, "test_stride": 100},
        "training": {"batch_size": 32},
    },
    "imputation": {"datasets": ["ETTh2"], "mask_ratios": [0.25]},
}


def main() -> None:
    """Train what is missing, compare, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--precisions", nargs="+", default=["bf16"], choices=["bf16", "tf32"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--tasks", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--model", default="specar", choices=DEFAULT_MODELS)
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "precision")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", action="store_true", help=f"into {SHIPPED.relative_to(ROOT)}")
    options = parser.parse_args()
    rows: list[Comparison] = []
    for task in options.tasks:
        base = records(task, "fp32", options)
        for precision in options.precisions:
            new = comparisons(base, records(task, precision, options))
            print("\n".join(map(line_of, new)), flush=True)
            rows += new
            write_text(options.folder / TABLE, table_text(rows))
    if options.write:
        table = merged(read_table(), rows)
        write_text(SHIPPED, table_text(table))
        write_text(PAGE, with_table(PAGE.read_text(encoding="utf-8"), table))


def records(task: str, precision: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Records of a task in a precision, seed by seed."""
    folder = options.folder / f"{options.model}-{task}-{precision}"
    config = folder / "config.yaml"
    entry = {"task": task, **SETTINGS[task]}
    entry["training"] = {**entry.get("training", {}), "precision": precision}
    values = {
        "results": str(folder),
        "use_cache": False,
        "seeds": options.seeds,
        "run_models": [options.model],
        "top": [False],
        "execution": {"threads": options.threads},
        "data": {"dir": str(options.folder / "data")},
        "matrix": [entry],
    }
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text(yaml.safe_dump(values))
    plan = folder / "plan.json"
    specar("prepare", "--config", str(config))
    specar("plan", "--config", str(config), "--output", str(plan))
    found = []
    for name in specar("runs", "--ids", "--plan", str(plan)).split():
        shipped, own = CACHED / f"{name}.json", folder / "runs" / name / "metrics.json"
        if not shipped.exists() and not own.exists():
            specar("train", name, "--plan", str(plan))
        found.append(json.loads((shipped if shipped.exists() else own).read_text()))
    return found


def specar(*arguments: str) -> str:
    """Run a command of specar and return what it prints."""
    command = [sys.executable, "-m", "specar", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def comparisons(base: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[Comparison]:
    """Every metric of the runs of one cell in fp32 and in another precision."""
    first, seeds = other[0], [record["seed"] for record in base]
    if seeds != [record["seed"] for record in other]:
        raise SystemExit(f"{first['task']}: the two precisions have records of different seeds")
    entry, provenance = SETTINGS[first["task"]], first["provenance"]
    return [
        Comparison(
            task=first["task"],
            model=first["model"],
            where=" ".join(str(part) for part in (first["dataset"], first["setting"]) if part is not None),
            changes=entry.get("training", {}) | entry.get("task_settings", {}),
            metric=metric,
            precision=first["config"]["training"]["precision"],
            seeds=seeds,
            fp32=[record["metrics"][metric] for record in base],
            other=[record["metrics"][metric] for record in other],
            machine=f"{provenance['device']['name']}, torch {provenance['versions']['torch']}",
            commit=str((provenance["git"] or {}).get("commit"))[:7],
        )
        for metric in first["metrics"]
    ]


def with_table(page: str, rows: list[Comparison]) -> str:
    """The page with the comparisons between its marks."""
    lines = [HEAD, ["---"] * len(HEAD), *map(_cells, rows)]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    page, marks = MARKED.subn(lambda _: text, page)
    assert marks == 1, f"{PAGE} has lost its marks"
    return page


def _cells(row: Comparison) -> list[str]:
    changes = ", ".join(f"{name} {value}" for name, value in row.changes.items())
    return [
        *(row.task.replace("_", " "), f"{row.where} ({changes})" if changes else row.where, row.metric),
        *(f"{statistics.mean(row.fp32):.4g}", f"{row.between_seeds:.2g}", row.precision),
        *(f"{statistics.mean(row.other):.4g}", f"{row.largest:.2g}", "yes" if row.within else "no"),
    ]


def line_of(row: Comparison) -> str:
    """A comparison in a line."""
    return (
        f"{row.task:<20} {row.where:<16} {row.metric:<10} {row.precision}: "
        f"fp32 {statistics.mean(row.fp32):.5g}, {statistics.mean(row.other):.5g}; largest change of a seed "
        f"{row.largest:.2g}, seeds differ by {row.between_seeds:.2g} (sd): "
        f"{'within' if row.within else 'beyond'}"
    )


def merged(old: list[Comparison], new: list[Comparison]) -> list[Comparison]:
    """The old comparisons, those of the same task, model and precision replaced."""

    def key(row: Comparison) -> tuple[str, str, str]:
        return row.task, row.model, row.precision

    replaced = set(map(key, new))
    return sorted([*(row for row in old if key(row) not in replaced), *new], key=key)


if __name__ == "__main__":
    main()
