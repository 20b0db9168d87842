"""What the tables have to know of each metric."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Relative:
    """A metric that is the mean of others, each divided by that of a baseline.

    An aggregate of it is computed from aggregates of the others: the mean of ratios would be another
    quantity.
    """

    baseline: str
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Metric:
    """How the paper prints a metric."""

    label: str
    decimals: int = 3
    percent: bool = False  # recorded as a fraction; deviations are then in points, not relative
    higher: bool = False  # whether higher is better
    relative: Relative | None = None

    @property
    def scale(self) -> float:
        """Factor from the recorded value to the printed one."""
        return 100.0 if self.percent else 1.0

    @property
    def deviation_unit(self) -> str:
        """Unit of the deviation from the published value."""
        return "points" if self.percent else "percent"

    @property
    def deviation_decimals(self) -> int:
        """Digits of a deviation after the point."""
        return self.decimals if self.percent else 1


def _percent(label: str, decimals: int) -> Metric:
    return Metric(label, decimals, percent=True, higher=True)


METRICS = {
    "mse": Metric("MSE"),
    "mae": Metric("MAE"),
    "smape": Metric("sMAPE"),
    "mase": Metric("MASE"),
    "owa": Metric("OWA", relative=Relative("naive2", ("smape", "mase"))),
    "accuracy": _percent("accuracy", 1),
    "macro_f1": _percent("macro F1", 1),
    "precision": _percent("precision", 2),
    "recall": _percent("recall", 2),
    "f1": _percent("F1", 2),
    "raw_precision": _percent("raw precision", 2),
    "raw_recall": _percent("raw recall", 2),
    "raw_f1": _percent("raw F1", 2),
    "best_f1": _percent("best F1", 2),
    "auc_roc": _percent("AUC-ROC", 2),
    "auc_pr": _percent("AUC-PR", 2),
    "pa_k_auc": _percent("PA%K area", 2),
    "vus_pr": _percent("VUS-PR of 2022", 2),
    "vus_pr_tsb_ad": _percent("VUS-PR of TSB-AD", 2),
    "pa_f1": _percent("PA F1", 2),
}
