"""The files of the judgement. Imports nothing heavy: the workflow needs the names first."""

from __future__ import annotations

import hashlib

from specar.figures.files import SUFFIXES
from specar.plan import Plan

TABLES = ("verdicts", "claims", "ranks", "pairs")
TEXTS = ("verdicts", "claims", "ranks")
# Tasks whose ranks are drawn: M4 has too few subsets.
DRAWN = ("long_term_forecast", "imputation", "classification", "anomaly_detection")


def judgement_files() -> list[str]:
    """Return the names of the files of a judgement."""
    figures = [f"ranks_{task}.{suffix}" for task in DRAWN for suffix in SUFFIXES]
    return [*(f"{name}.csv" for name in TABLES), *(f"{name}.md" for name in TEXTS), *figures]


def state_of_records(plan: Plan) -> str:
    """Return a hash of what is there of the records that a judgement reads: it changes when one does."""
    state = []
    for name in [*plan.runs, *plan.runs_of_ablations]:
        for path in (plan.record_file(name), plan.own_record_file(name).with_name("status.json")):
            if path.exists():
                status = path.stat()
                state.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(state).encode()).hexdigest()
