"""One training run, from prepared arrays to the run record."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, get_args

import torch

from specar.base.errors import SpecarError
from specar.base.files import write_json
from specar.base.seeds import derive_seed
from specar.config import Cell, Execution, RunConfig, run_id
from specar.data.prepared import PreparedData
from specar.models import build_model
from specar.runs.attempt import attempt
from specar.runs.examples import write_examples
from specar.runs.places import EXAMPLES
from specar.runs.provenance import git_state, now, provenance
from specar.runs.records import FORMAT, describe, read_record, sealed
from specar.tasks import Split, Task, make_task
from specar.training.checkpoint import save_torch
from specar.training.device import configure, device_name, peak_memory_bytes
from specar.training.fitted import Fitter
from specar.training.gpu import Lease
from specar.training.memory import explained
from specar.training.trainer import Trainer

log = logging.getLogger(__name__)

_LESS_MEMORY = (
    "lower training.batch_size or model.d_model, or take a device with more memory (execution.device)"
)


def train(
    run: RunConfig,
    data_folder: Path,
    folder: Path,
    execution: Execution,
    lease: Lease | None = None,
    number: int = 1,
) -> dict[str, Any]:
    """Train and evaluate a run and write its record.

    ``data_folder`` has the prepared dataset. The ``folder`` of the run gets ``history.jsonl``,
    ``examples.json`` and, last and atomically, ``metrics.json``, the record that is returned; an interrupted
    run leaves ``checkpoint.pt`` there and goes on from it. ``lease`` is the GPU that this process may use, by
    default what ``execution`` says, ``number`` which attempt of one workflow this is (see
    :func:`specar.runs.attempt.attempt`).

    Raises SpecarError: the data is missing, too short or of another version; the loss is not finite; no such
    device; another process trains the run. OutOfMemory where not even a single example fits, Interrupted
    after SIGTERM and SIGINT.
    """
    with (
        attempt(run_id(run), folder, number) as earlier,
        run.model.spec.errors("its code raises", certain=False),
    ):
        if run.model.spec.fitted:
            execution = execution.model_copy(update={"device": "cpu", "cuda_graphs": False})
        device = configure(execution, run.training.precision, lease)
        data = load_data(run, data_folder)
        done = _done(run, folder / "metrics.json")
        if done is not None and done["data"]["prepared_sha256"] == data.meta["prepared_sha256"]:
            log.info("run %s is done already; delete %s to train it again", run_id(run), folder)
            _compare_code(run, done, folder)
            return done
        with explained(f"run {run_id(run)} on {device.type}", _LESS_MEMORY):
            trainer = _trainer(run, data, device, folder, execution)
        log.info("run %s on %s", run_id(run), device_name(device))
        trainer.fit({**provenance(device, execution, lease), **_code(run)})
        record = sealed(_record(run, data, trainer, len(earlier) + 1))
        _write(folder, run, record, trainer, execution.keep_weights)
        log.info("test %s", ", ".join(f"{name} {value:.4f}" for name, value in record["metrics"].items()))
        return record


def _write(
    folder: Path, run: RunConfig, record: dict[str, Any], trainer: Trainer | Fitter, weights: bool
) -> None:
    """The record comes after whatever belongs to it: where it is, the run is done."""
    examples = trainer.examples(record["details"])
    if examples is not None:
        write_examples(folder / EXAMPLES, run, record["data"]["prepared_sha256"], git_state(), examples)
    if weights and not run.model.spec.fitted:
        save_torch(folder / "weights.pt", trainer.model.state_dict())
    write_json(folder / "metrics.json", record)
    trainer.checkpoint.unlink(missing_ok=True)


def _done(run: RunConfig, path: Path) -> dict[str, Any] | None:
    """The record that is there; one that is damaged or was edited is none."""
    try:
        return read_record(path, run)
    except SpecarError as error:
        log.warning("%s; it is trained again", error)
        return None


def _code(run: RunConfig) -> dict[str, Any]:
    """The code of a model of one's own, for the provenance; empty for those of the project."""
    spec = run.model.spec
    return {} if spec.sha256 is None else {"model": {"module": spec.name, "sha256": spec.sha256}}


def _compare_code(run: RunConfig, done: dict[str, Any], folder: Path) -> None:
    before, present = done["provenance"].get("model", {}), _code(run).get("model", {})
    if before != present:
        hashes = (f"{one.get('sha256', 'none'):.12}" for one in (before, present))
        log.warning("run %s was trained with other code of its model %s (sha256 %s, now %s); delete %s to "
                    "train it again", run_id(run), run.model.module, *hashes, folder)  # fmt: skip


def _trainer(
    run: RunConfig, data: PreparedData, device: torch.device, folder: Path, execution: Execution
) -> Trainer | Fitter:
    task = make_task(run, data, device, execution.eval_batch_size, run.seed)
    check_sizes(task)
    if run.model.spec.fitted:
        return Fitter(run, task, device, folder)
    torch.manual_seed(derive_seed("model", run.seed))
    model = build_model(run.model.module, run.model.settings, task.shape, execution.mix_first)
    identity = {"data": data.meta["prepared_sha256"], **_code(run)}
    return Trainer(run, task, model, device, folder, identity, execution.cuda_graphs)


def _record(run: RunConfig, data: PreparedData, trainer: Trainer | Fitter, attempts: int) -> dict[str, Any]:
    progress, device = trainer.progress, trainer.device
    *earlier, last = progress.processes
    metrics, details, parts = trainer.test()
    return {
        "format": FORMAT,
        **describe(run),
        "metrics": metrics,
        **({"parts": parts} if parts else {}),
        "details": details,
        "examples": example_counts(trainer.task),
        "training": _training(trainer),
        "history": progress.history,
        "parameters": {
            "total": sum(p.numel() for p in trainer.model.parameters()),
            "used": trainer.used_parameters(),
        },
        "config": run.model_dump(mode="json"),
        "data": {"sha256": data.sha256, "prepared_sha256": data.meta["prepared_sha256"]},
        "provenance": {
            **last,
            "interrupted_processes": earlier,
            "attempts": attempts,
            "finished": now(),
            "wall_seconds": round(trainer.wall_seconds(), 3),
            "train_seconds": round(progress.train_seconds, 3),
            "peak_memory_bytes": max(progress.peak_memory_bytes, peak_memory_bytes(device)),
            "peak_memory_of": "GPU allocator" if device.type == "cuda" else "process",
        },
    }


def _training(trainer: Trainer | Fitter) -> dict[str, Any]:
    progress, spec = trainer.progress, trainer.run.model.spec
    if spec.fitted:
        return {"epochs": 0, "best_epoch": 0, "fitted": True}
    best = progress.history[progress.best_epoch - 1]
    return {
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch,
        "best_val": best["val"],
        "micro_batches": progress.micro_batches,
        # Of others it changes nothing.
        **({"eval_batch_size": trainer.task.eval_batch_size} if spec.batch_dependent is True else {}),
    }


def example_counts(task: Task) -> dict[str, int]:
    """Number of examples in each split, for a record."""
    return {split: task.count(split) for split in ("train", "val", "test")}


def load_data(cell: Cell, folder: Path) -> PreparedData:
    """Load the prepared dataset of a run or cell.

    `SpecarError`: it is missing, damaged, or of another version of the registry entry.
    """
    data = PreparedData.load(folder)
    if data.meta["identity"] != cell.data:
        raise SpecarError(
            f"prepared data of {cell.dataset} is of another version of its registry entry; "
            f"run 'specar prepare {cell.dataset}' again"
        )
    return data


def check_sizes(task: Task, *splits: Split) -> None:
    """Refuse a split (default: any) without an example: its part is too short for the windows."""
    cell = task.cell
    for split in splits or get_args(Split):
        if task.count(split) == 0:
            raise SpecarError(
                f"{cell.dataset} has no {split} example of {cell.seq_len} + {cell.horizon or 0} rows; "
                "shorten seq_len or the horizon"
            )
