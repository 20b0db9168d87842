"""Naive floors: what baselines without training reach on the test examples of runs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from specar.base.files import write_json
from specar.config import Cell, Execution, cell_id
from specar.runs.provenance import provenance
from specar.runs.records import FORMAT, describe_cell, sealed
from specar.runs.train import check_sizes, example_counts, load_data
from specar.tasks import make_task
from specar.training.device import configure

log = logging.getLogger(__name__)


def write_floors(cell: Cell, data_folder: Path, folder: Path, execution: Execution) -> list[dict[str, Any]]:
    """Compute the naive baselines of a cell, on the CPU, and write one record each; returns the records.

    ``data_folder`` has the prepared dataset, ``folder`` gets ``<baseline>.json`` per baseline of the task.
    `SpecarError`: the data is missing, too short or of another version.
    """
    device = configure(execution.model_copy(update={"device": "cpu"}), "fp32")
    data = load_data(cell, data_folder)
    task = make_task(cell, data, device, execution.eval_batch_size)
    check_sizes(task, "test")
    records = []
    for baseline, (metrics, details, parts) in task.floors().items():
        record = {
            "format": FORMAT,
            **describe_cell(cell),
            "baseline": baseline,
            "metrics": metrics,
            **({"parts": parts} if parts else {}),
            "details": details,
            "examples": example_counts(task),
            "config": cell.model_dump(mode="json"),
            "data": {"sha256": data.sha256, "prepared_sha256": data.meta["prepared_sha256"]},
            "provenance": provenance(device, execution),
        }
        write_json(folder / f"{baseline}.json", sealed(record))
        log.info("%s: %s", baseline, ", ".join(f"{name} {value:.4f}" for name, value in metrics.items()))
        records.append(record)
    log.info("floors of %s are in %s", cell_id(cell), folder)
    return records
