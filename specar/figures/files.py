"""The figures by name: module and arguments of each. Imports nothing heavy: the workflow needs the names."""

from __future__ import annotations

# A figure is the module whose ``draw`` makes a `specar.figures.drawing.Drawing` of a ledger, and further
# arguments. Those of a task are given the task as well.
FIGURES: dict[str, tuple[str, ...]] = {"comparison": ("specar.figures.comparison",)}
PAPER_FIGURES: dict[str, tuple[str, ...]] = {
    "comparison": ("specar.figures.comparison",),
    "classification_models": ("specar.figures.classification_models",),
    "parameters": ("specar.figures.parameters",),
    "top_effect": ("specar.figures.top_effect",),
    "learning_curves": ("specar.figures.learning_curves",),
    "forecast_examples": ("specar.figures.window_examples", "forecast"),
    "imputation_examples": ("specar.figures.window_examples", "imputation"),
    "anomaly_examples": ("specar.figures.anomaly_examples",),
    "spectrograms": ("specar.figures.spectrograms",),
}

# Tasks whose ranks are drawn: of the datasets of the others no test can tell two models apart.
RANKED = ("classification",)
