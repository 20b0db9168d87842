"""Writes the report."""

from __future__ import annotations

from pathlib import Path

from specar.base.files import write_text
from specar.report.page import page
from specar.runs.plan import Plan


def write_report(plan: Plan, path: Path | None = None) -> Path:
    """Write the report of a plan, by default to its results; returns the file."""
    path = path or plan.report
    write_text(path, page(plan))
    return path
