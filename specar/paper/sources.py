"""Where and how the paper prints each task: one entry per task, beside its CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specar.base.errors import SpecarError
from specar.config.tasks import TASK_INFO
from specar.paper.metrics import METRICS, Metric

AVERAGE = "avg"


@dataclass(frozen=True)
class Source:
    """Where and how a task's results are printed.

    Attributes
    ----------
    title
        Name of the task.
    tables
        Its tables in the appendix: without and with TOP, or the only one.
    metrics
        In the order of the table.
    strict_metrics
        Those of the protocol ``strict`` where it has its own, which the paper does not print.
    main
        Table of the main paper that repeats the averages, if any.
    metric_rows
        Whether each metric has a line; otherwise each has columns.
    column, prefix
        Column of the CSV that names the dataset, and what its names lack.
    aggregates
        Lines over datasets: the datasets, empty for all that the paper prints.
    log
        CSV in ``specar.paper.published`` with further results of the authors, if any.
    notes, strict_notes
        Sentences below the table, of every protocol or of ``published``, and of ``strict``.
    """

    title: str
    tables: tuple[int, ...]
    metrics: tuple[str, ...]
    strict_metrics: tuple[str, ...] = ()
    main: int | None = None
    metric_rows: bool = False
    column: str = "dataset"
    prefix: str = ""
    aggregates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log: str | None = None
    notes: tuple[str, ...] = ()
    strict_notes: tuple[str, ...] | None = None


_OTHERS = ("M4-Weekly", "M4-Daily", "M4-Hourly")

SOURCES = {
    "long_term_forecast": Source("Long-term forecasting", (9, 10), ("mse", "mae"), main=5),
    "short_term_forecast": Source(
        "Short-term forecasting on M4",
        (7, 8),
        ("smape", "mase", "owa"),
        main=4,
        metric_rows=True,
        column="subset",
        prefix="M4-",
        aggregates={"Others": _OTHERS, "Average": ("M4-Yearly", "M4-Quarterly", "M4-Monthly", *_OTHERS)},
        notes=(
            "sMAPE in percent. Others is Weekly, Daily and Hourly, Average all six subsets: both are "
            "weighted by the number of series, with OWA taken from the weighted sMAPE and MASE. The paper "
            "does not print Weekly, Daily and Hourly one by one.",
        ),
    ),
    "imputation": Source("Imputation", (11, 12), ("mse", "mae"), main=6),
    "classification": Source(
        "Classification on UEA",
        (5,),
        ("accuracy", "macro_f1"),
        aggregates={AVERAGE: ()},
        log="released_log_classification",
        notes=("All in percent; the paper prints no macro F1.",),
    ),
    "anomaly_detection": Source(
        "Anomaly detection",
        (6,),
        ("precision", "recall", "f1"),
        strict_metrics=(
            "raw_precision",
            "raw_recall",
            "raw_f1",
            "best_f1",
            "auc_roc",
            "auc_pr",
            "pa_k_auc",
            "vus_pr",
            "vus_pr_tsb_ad",
            "pa_f1",
        ),
        main=3,
        metric_rows=True,
        aggregates={AVERAGE: ()},
        notes=(
            "All in percent and point-adjusted: one hit in a true segment counts for the whole segment, so "
            "that random scores do well. Of the averages, the paper prints F1 only.",
        ),
        strict_notes=(
            "All in percent. Raw: without point adjustment; best F1: at the best threshold on the test "
            "scores; PA%K area: mean F1 over the share of a segment that has to be hit before it counts as "
            "a whole; PA F1: point-adjusted, as the paper's F1, but with this protocol's threshold. VUS-PR, "
            "over buffers of up to 100 points: of 2022 as first published (computed by aeon), by which even "
            "perfect scores stay below 100; of TSB-AD as that benchmark computes it, by which they reach it.",
            "Hyper-parameters, and the anomaly ratio behind the threshold of raw, PA%K and PA scores, are "
            "those that the authors chose on the test part; task_settings.threshold: three_sigma takes the "
            "threshold from the held-out training scores alone.",
        ),
    ),
}

_BASELINE_NAMES = {"mean": "observed mean", "naive2": "Naive2", "random": "random scores", "pca": "PCA"}


def source_of(task: str) -> Source:
    """Return where ``task`` is printed.

    Raises
    ------
    SpecarError
        The paper has no published numbers of this task here.
    """
    if task not in SOURCES:
        raise SpecarError(f"no published results of task {task}; known: {', '.join(SOURCES)}")
    return SOURCES[task]


def metrics_of(task: str, protocol: str) -> dict[str, Metric]:
    """Return the metrics of a task's tables under ``protocol``, in their order."""
    source = source_of(task)
    names = (protocol == "strict" and source.strict_metrics) or source.metrics
    return {name: METRICS[name] for name in names}


def baseline_labels(task: str) -> dict[str, str]:
    """Return the names of the task's floors as printed, by column of the tidy table."""
    return {f"floor_{name}": baseline_label(name) for name in TASK_INFO[task].baselines}


def baseline_label(name: str) -> str:
    """Return a baseline's name as printed."""
    return _BASELINE_NAMES.get(name, name.replace("_", " "))


def setting_name(task: str) -> str | None:
    """Return what the task's experiments vary, in words; None where they vary nothing."""
    setting = TASK_INFO[task].setting
    return setting.replace("_", " ") if setting else None
