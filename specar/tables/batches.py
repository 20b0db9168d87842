"""The table of how far test metrics move with the size of the evaluation batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specar.paper.metrics import METRICS
from specar.paper.sources import metrics_of
from specar.results.rows import setting_label
from specar.runs.plan import Plan
from specar.runs.records import read_sealed
from specar.tables.table import Table, listed

_NOTE = (
    "The same weights and test examples, evaluated in batches of each size. Move: the largest difference "
    "between sizes, in percent of the largest value; of a model that is not batch-dependent it is rounding. "
    "Untrained: the weights that the run begins with. Under strict a batch-dependent model is evaluated one "
    "by one."
)


def batches_table(plan: Plan) -> Table | None:
    """Return what `specar batches` measured, here or in what comes with the project; None without any."""
    found = [content for _, content in sorted(_measured(plan).items())]
    if not found:
        return None
    sizes = [f"Batches of {size}" for size in found[0]["metrics"]]
    header = ["Model", "Data", "Protocol", "Weights", "Examples", "Metric", *sizes, "Move", "Batch-dependent"]
    return listed(
        "batches-measured",
        "Test metrics by the size of the batches",
        header,
        [_row(one) for one in found],
        2,
        notes=(_NOTE,),
    )


def unmeasured(plan: Plan) -> list[str]:
    """Return the networks of the plan of which nothing was measured."""
    known = {content["model"] for content in _measured(plan).values()}
    networks = {run.key.model: None for run in plan.runs.values() if not run.model.spec.fitted}
    return [model for model in networks if model not in known]


def _measured(plan: Plan) -> dict[str, dict[str, Any]]:
    """Measurements by run id; one made here comes before the one that comes with the project."""
    return dict(_read(plan))


def _read(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for folder in [plan.cache / "batches", plan.batches] if plan.config.use_cache else [plan.batches]:
        for path in sorted(folder.glob("*.json")):
            yield path.stem, read_sealed(path, "specar batches")


def _row(content: dict[str, Any]) -> list[str]:
    name = next(iter(metrics_of(content["task"], content["protocol"])))
    metric, setting = METRICS[name], content["setting"]
    values = [float(metrics[name]) for metrics in content["metrics"].values()]
    move = 100 * (max(values) - min(values)) / (max(values) or 1.0)
    return [
        content["model"],
        content["dataset"] if setting is None else f"{content['dataset']} {setting_label(setting)}",
        content["protocol"],
        f"{content['weights']}, seed {content['seed']}",
        f"{content['examples']:,}",
        metric.label + (" (%)" if metric.percent else ""),
        *(f"{metric.scale * value:.{metric.decimals + 2}f}" for value in values),
        f"{move:.2g} %",
        {True: "yes", False: "no", "training": "in training"}[content["batch_dependent"]],
    ]
