"""The figures and their files. Imports nothing heavy: the workflow needs the names first."""

from __future__ import annotations

# Name of each figure, as in its files, and the module whose ``draw`` makes it of a task's `Results`.
FIGURES = {"comparison": "specar.figures.comparison"}
# Likewise of the figures over the whole plan: the module whose ``draw`` makes a `PaperFigure` of a
# `PaperResults` (specar.figures.plan_request), and further arguments.
PAPER_FIGURES: dict[str, tuple[str, ...]] = {
    "comparison": ("specar.figures.all_tasks",),
    "classification_models": ("specar.figures.classification_models",),
    "parameters": ("specar.figures.parameters",),
    "top_effect": ("specar.figures.top_effect",),
    "top_effect_long_term_forecast": ("specar.figures.top_effect", "long_term_forecast"),
    "top_effect_short_term_forecast": ("specar.figures.top_effect", "short_term_forecast"),
    "top_effect_imputation": ("specar.figures.top_effect", "imputation"),
    "learning_curves": ("specar.figures.learning_curves",),
    "forecast_examples": ("specar.figures.forecast_examples",),
    "imputation_examples": ("specar.figures.imputation_examples",),
    "anomaly_examples": ("specar.figures.anomaly_examples",),
    "spectrograms": ("specar.figures.spectrograms",),
}

# Tasks whose ranks are drawn: M4 has too few subsets.
RANKED = ("long_term_forecast", "imputation", "classification", "anomaly_detection")
