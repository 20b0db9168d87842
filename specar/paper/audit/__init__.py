"""Audit of the paper: what its own numbers contradict, recomputed from what is published."""

from specar.paper.audit.checks import CHECKS, audit, flagged_cells
from specar.paper.audit.finding import COLUMNS, SEVERITIES
from specar.paper.audit.printed import Paper

__all__ = ["CHECKS", "COLUMNS", "SEVERITIES", "Paper", "audit", "flagged_cells"]
