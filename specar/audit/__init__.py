"""Audit of the paper: what its own numbers contradict, recomputed from what is published."""

from specar.audit.checks import CHECKS, audit, flagged_cells
from specar.audit.finding import COLUMNS, SEVERITIES
from specar.audit.printed import Paper

__all__ = ["CHECKS", "COLUMNS", "SEVERITIES", "Paper", "audit", "flagged_cells"]
