"""Numbers of parameters of the models of a plan, from records and by building the models."""

from __future__ import annotations

import logging

import pandas as pd

from specar.base.errors import SpecarError
from specar.config import RunConfig
from specar.data.layout import META
from specar.base.files import read_json
from specar.runs.plan import Plan
from specar.runs.records import describe, finished_record

log = logging.getLogger(__name__)

CELL = ["dataset", "setting", "model", "top"]


def parameters_of(plan: Plan, task: str) -> pd.DataFrame:
    """Return the number of parameters of every model of a task, protocol ``published``.

    Returns
    -------
    DataFrame
        `CELL`, ``total`` and ``used`` (NaN where not known). ``used`` leaves out weights that training
        never reaches, and is only in records; ``total`` is that of a record, or else of the model as built
        from the configuration. Of classification sets the latter needs the prepared data: the number of
        parameters depends on their length.
    """
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for name in plan.runs_of(task):
        run = plan.runs[name]
        described = describe(run)
        key = tuple(described[column] for column in CELL)
        if run.protocol != "published" or "used" in found.get(key, {}):
            continue
        record = finished_record(plan, name)
        if record is not None and "parameters" in record:
            found[key] = dict(record["parameters"])
        elif key not in found:
            found[key] = {"total": built_parameters(plan, run)}
    rows = [{**dict(zip(CELL, key, strict=True)), **counts} for key, counts in found.items()]
    return pd.DataFrame(rows, columns=[*CELL, "total", "used"]).astype({"total": float, "used": float})


def built_parameters(plan: Plan, run: RunConfig) -> int | None:
    """Return the number of parameters of a run's model; None where the sizes of its data are not known."""
    sizes = _sizes(plan, run)
    if sizes is None:
        return None
    # Slow to import, and not needed where records say it.
    import torch

    from specar.models import build_model
    from specar.models.shape import SeriesShape

    # Our own needs no memory to be counted; one of a user may not know torch's device for that.
    try:
        with torch.device("meta" if run.model.spec.builtin else "cpu"):
            model = build_model(run.model.module, run.model.settings, SeriesShape(**sizes))
    except SpecarError as error:  # costs its own cells, which the failed run explains
        log.warning("%s", error)
        return None
    return sum(weights.numel() for weights in model.parameters())


def _sizes(plan: Plan, run: RunConfig) -> dict[str, int] | None:
    """Sizes of the data of long-term forecasting and classification, as of ``SeriesShape``."""
    if run.task == "long_term_forecast":
        channels = getattr(plan.dataset(run.dataset), "channels", None)  # one joined of others has none
        if channels is None or run.seq_len is None:
            return None
        return {"channels": channels, "seq_len": run.seq_len, "pred_len": run.horizon or 0}
    meta = plan.prepared / run.dataset / META
    if run.task != "classification" or not meta.exists():
        return None
    content = read_json(meta)
    longest = max(int(content[part]["longest"]) for part in ("train", "test"))
    sizes = {"channels": content["channels"], "seq_len": run.seq_len or longest}
    return {**sizes, "time_features": 0, "classes": len(content["classes"])}
