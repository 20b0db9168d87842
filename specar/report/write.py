"""Writes the report."""

from __future__ import annotations

from pathlib import Path

from specar.files import write_text
from specar.plan import Plan
from specar.report.page import page


def write_report(plan: Plan, path: Path | None = None) -> Path:
    """Write the report of a plan, by default to its results; returns the file."""
    path = path or plan.report
    write_text(path, page(plan))
    return path
