"""Examples of a finished run, made from its weights and data without training."""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch
from torch import nn

from specar.base.errors import SpecarError
from specar.config import RunConfig
from specar.models import build_model
from specar.runs.examples import write_examples
from specar.runs.places import EXAMPLES
from specar.runs.plan import Plan
from specar.runs.provenance import git_state, rounding_of
from specar.runs.records import read_record
from specar.runs.train import load_data
from specar.tasks import make_task
from specar.training.device import autocast, configure
from specar.training.gpu import Lease
from specar.training.memory import is_out_of_memory

WEIGHTS = "weights.pt"


def remake_examples(plan: Plan, name: str, lease: Lease | None = None) -> Path:
    """Write the examples of a finished run beside its record; returns their file.

    `SpecarError`: the run is not done or not of the present code, its weights were not kept, its data is
    missing or other data, or its task has no examples.
    """
    run = plan.run(name)
    folder = plan.own_record_file(name).parent
    record = read_record(folder / "metrics.json", run)
    if record is None:
        raise SpecarError(f"run {name} is not done: {folder / 'metrics.json'} is missing; train it first")
    device = configure(plan.config.execution, run.training.precision, lease)
    data = load_data(run, plan.prepared / run.dataset)
    if data.meta["prepared_sha256"] != record["data"]["prepared_sha256"]:
        raise SpecarError(f"run {name} was trained on other prepared data of {run.dataset}; train it again")
    task = make_task(run, data, device, plan.config.execution.eval_batch_size, run.seed)
    mix_first = rounding_of(record)["mix_first"]
    model = build_model(run.model.module, run.model.settings, task.shape, mix_first).to(device).eval()
    load_weights(model, folder / WEIGHTS, run)
    said = run.model.spec.errors("its code raises", certain=False)
    with torch.inference_mode(), autocast(device, run.training.precision), said:
        examples = task.examples(model, record["details"])
    if examples is None:
        raise SpecarError(f"run {name}: its task has no examples to show")
    write_examples(folder / EXAMPLES, run, data.meta["prepared_sha256"], git_state(), examples)
    return folder / EXAMPLES


def load_weights(model: nn.Module, path: Path, run: RunConfig) -> None:
    """Load weights that a run kept; `SpecarError`: they are missing, damaged, or of another model."""
    if not path.exists():
        raise SpecarError(
            f"{path} is missing: only runs with execution.keep_weights keep their weights; delete the record "
            "beside it and train again to have examples"
        )
    try:
        with zipfile.ZipFile(path) as archive:  # torch does not check the sums of its archive
            if broken := archive.testzip():
                raise ValueError(f"its part {broken} is damaged")
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises whatever the damage makes of its archive
        if is_out_of_memory(error):
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SpecarError(f"{path} does not fit the model of {run.dataset}: {reason}; train again") from error
