from specar.results.rows import CELL, DONE, FAILED, MISSING, NOT_REQUESTED, PARTIAL

__all__ = ["CELL", "DONE", "FAILED", "MISSING", "NOT_REQUESTED", "PARTIAL"]
