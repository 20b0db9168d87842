"""Numbers of parameters of the models of a plan, from records and by building the models."""

from __future__ import annotations

import logging

import pandas as pd

from specar.base.errors import SpecarError
from specar.base.files import read_json
from specar.config import RunConfig
from specar.data.meta import META
from specar.results.rows import setting_label
from specar.runs.plan import Plan
from specar.runs.records import finished_record

log = logging.getLogger(__name__)

CELL = ["dataset", "setting", "model", "top"]


def parameters_of(plan: Plan, task: str) -> pd.DataFrame:
    """Return the number of parameters of every model of a task, protocol ``published``.

    Returns
    -------
    DataFrame
        `CELL`, ``total`` and ``used`` (NaN where not known) and ``problem``, why a model cannot be built, or
        empty. ``used`` leaves out weights that training never reaches, and is only in records; ``total`` is
        that of a record, or else of the model as built from the configuration. Of classification sets the
        latter needs the prepared data: the number of parameters depends on their length.
    """
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for name in plan.runs_of(task):
        run = plan.runs[name]
        setting = "" if run.setting is None else setting_label(run.setting)
        key = (run.dataset, setting, run.model.label, run.model.top)
        if run.protocol != "published" or run.model.spec.fitted or "used" in found.get(key, {}):
            continue
        if record := finished_record(plan, name):
            found[key] = {name: record["parameters"][name] for name in ("total", "used")}
        elif key not in found:
            found[key] = _counted(plan, run)
    rows = [{"problem": "", **dict(zip(CELL, key, strict=True)), **counts} for key, counts in found.items()]
    table = pd.DataFrame(rows, columns=[*CELL, "total", "used", "problem"])
    return table.astype({"setting": object, "total": float, "used": float})  # an empty one has no type


def _counted(plan: Plan, run: RunConfig) -> dict[str, object]:
    """A model that cannot be built costs its own cells."""
    try:
        return {"total": built_parameters(plan, run)}
    except (SpecarError, RuntimeError, MemoryError) as error:
        log.warning("%s", error)
        return {"problem": " ".join(str(error).split()) or type(error).__name__}


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
    with torch.device("meta" if run.model.spec.builtin else "cpu"):
        model = build_model(run.model.module, run.model.settings, SeriesShape(**sizes))
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
