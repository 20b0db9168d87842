"""What lies there of a plan's results, without reading it. Imports nothing heavy: the workflow needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from specar.data.meta import META
from specar.runs.plan import Plan
from specar.runs.status import STATUS


def digest_of_results(plan: Plan) -> str:
    """Return a hash of files by name, size and time: records, failures, examples, floors, prepared data.

    It changes when one of them does: whatever is made of all that is there has to be made again.
    """
    digest = hashlib.sha256()
    for path in _files(plan):
        try:
            found = path.stat()
        except OSError:
            continue
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def anything_to_show(plan: Plan) -> bool:
    """Whether a run of the matrix or of an ablation is done, or has left why it is not."""
    runs = [*plan.runs, *plan.runs_of_ablations]
    return any(plan.record_file(run).exists() or (plan.records / run / STATUS).exists() for run in runs)


def _files(plan: Plan) -> Iterator[Path]:
    for run in [*plan.runs, *plan.runs_of_ablations]:
        yield from (plan.record_file(run), plan.examples_file(run), plan.records / run / STATUS)
    for task in plan.tasks:
        yield from plan.floor_files(task)
    for dataset in plan.config.datasets:
        yield plan.prepared / dataset / META
