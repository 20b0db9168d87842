"""The files of the judgement. Imports nothing heavy: the workflow needs the names first."""

from __future__ import annotations

from specar.figures.files import SUFFIXES

TABLES = ("verdicts", "claims", "ranks", "pairs")
TEXTS = ("verdicts", "claims", "ranks")
# Tasks whose ranks are drawn: M4 has too few subsets.
DRAWN = ("long_term_forecast", "imputation", "classification", "anomaly_detection")


def judgement_files() -> list[str]:
    """Return the names of the files of a judgement."""
    figures = [f"ranks_{task}.{suffix}" for task in DRAWN for suffix in SUFFIXES]
    return [*(f"{name}.csv" for name in TABLES), *(f"{name}.md" for name in TEXTS), *figures]
