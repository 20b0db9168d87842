"""What the paper's tables are made from, without reading it. Imports nothing heavy: the workflow needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from specar.data.layout import META
from specar.plan import Plan
from specar.status import STATUS


def inputs_digest(plan: Plan) -> str:
    """Return a hash of the files that are there by name, size and time: records, failures, prepared data."""
    digest = hashlib.sha256()
    for path in _files(plan):
        try:
            found = path.stat()
        except OSError:
            continue
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(plan: Plan) -> Iterator[Path]:
    for run in [*plan.runs, *plan.runs_of_ablations]:
        yield plan.record_file(run)
        yield plan.records / run / STATUS
    for dataset in plan.config.datasets:
        yield plan.prepared / dataset / META
