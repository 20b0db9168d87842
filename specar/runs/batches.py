"""How far the test metrics of a model move with the size of the evaluation batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from specar.base.files import write_json
from specar.base.seeds import derive_seed
from specar.models import build_model
from specar.runs.plan import Plan
from specar.runs.provenance import git_state, now
from specar.runs.records import describe, sealed
from specar.runs.remake import WEIGHTS, load_weights
from specar.runs.train import check_sizes, load_data
from specar.tasks import make_task
from specar.training.device import autocast, configure, device_name
from specar.training.gpu import Lease

SIZES = (1, 7, 256)


def measure_batches(plan: Plan, name: str, lease: Lease | None = None) -> Path:
    """Evaluate the test part of a run in batches of `SIZES` and write its metrics at each; returns the file.

    The weights are those that the run kept, and else those it would begin with.

    `SpecarError`: the run is of a fitted model, its data is missing, or its weights do not fit.
    """
    run = plan.run(name)
    device = configure(plan.config.execution, run.training.precision, lease)
    task = make_task(run, load_data(run, plan.prepared / run.dataset), device, seed=run.seed)
    check_sizes(task, "test")
    torch.manual_seed(derive_seed("model", run.seed))
    mix_first = plan.config.execution.mix_first
    model = build_model(run.model.module, run.model.settings, task.shape, mix_first).to(device).eval()
    kept = plan.own_record_file(name).with_name(WEIGHTS)
    if kept.exists():
        load_weights(model, kept, run)
    metrics: dict[str, Any] = {}
    said = run.model.spec.errors("its code raises", certain=False)
    with torch.inference_mode(), autocast(device, run.training.precision), said:
        for task.eval_batch_size in SIZES:
            metrics[str(task.eval_batch_size)] = task.test(model).metrics
    found = {
        **{"format": 1, **describe(run), "batch_dependent": run.model.spec.batch_dependent},
        **{"weights": "trained" if kept.exists() else "untrained", "examples": task.count("test")},
        **{"metrics": metrics, "device": device_name(device), "git": git_state(), "finished": now()},
    }
    write_json(plan.batches / f"{name}.json", sealed(found))
    return plan.batches / f"{name}.json"
