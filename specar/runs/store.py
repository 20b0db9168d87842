"""From a configuration to its plan and back: what is there of data and records decides what is to be done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.base.files import read_json, write_json
from specar.base.names import looked_for
from specar.config import Config, RunConfig, expand, parse_config
from specar.config.load import explain, read_yaml
from specar.data.meta import META
from specar.data.mirror import missing_files, resolve_mirror
from specar.runs.cached import find_cells, find_runs
from specar.runs.plan import Plan
from specar.runs.records import content_hash, sealed
from specar.runs.status import STATUS


def plan_of(config: Config) -> Plan:
    """Expand a configuration; datasets on request only come in where they are in place.

    `SpecarError`: its settings contradict each other, or no cached records are there although only these are
    wanted.
    """
    mirror, raw = resolve_mirror(config.data.mirror), Path(config.data.dir) / "raw"
    missing = {
        name: [file.name for file in missing_files(dataset, raw / name, mirror)]
        for name, dataset in config.datasets.items()
        if dataset.restricted
    }
    absent = {name: files for name, files in missing.items() if files}
    plan = Plan(config, expand(config, absent), absent)
    if not config.use_cache:
        return plan
    if not plan.trains and not plan.cache.is_dir():
        where = f"{plan.cache} is not there{looked_for(plan.cache)}"
        raise SpecarError(f"use_cache is only, and {where}; give cache the folder of the records")
    shown = not plan.trains  # in tables damaged runs have failed; else they are made again
    runs, cells = find_runs(plan.cache, shown), find_cells(plan.cache, plan.cells, shown)
    return replace(plan, cached_runs=runs, cached_cells=cells)


def plan_of_values(
    values: Mapping[str, Any],
    files: Iterable[str | Path] = (),
    place: Callable[[str], str] = lambda folder: folder,
) -> Plan:
    """Validate and expand configuration values, read from ``files``; raises as `plan_of`.

    ``place`` says where a folder that is written to really lies (see the prefix of a module of Snakemake).
    """
    for path in files:
        read_yaml(Path(path))  # finds mistakes that the values do not show, like a key given twice
    config = parse_config(values, ", ".join(map(str, files)) or "config")
    data = config.data.model_copy(update={"dir": place(config.data.dir)})
    return plan_of(config.model_copy(update={"results": place(config.results), "data": data}))


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan as JSON, atomically."""
    runs = {name: run.model_dump(mode="json") for name, run in plan.runs.items()}
    config = plan.config.model_dump(mode="json", exclude_none=True)
    cached = {"cached_runs": sorted(plan.cached_runs), "cached_cells": sorted(plan.cached_cells)}
    write_json(path, sealed({"config": config, "runs": runs, "absent": plan.absent, **cached}))


def read_plan(path: Path) -> Plan:
    """Read a plan; `SpecarError`: the file is missing, damaged, edited, or was written by another version."""
    values = read_json(path)
    try:
        if values["sha256"] != content_hash(values):
            raise SpecarError(f"{path} was edited: its content is not that of its sha256; plan again")
        runs = {name: RunConfig.model_validate(run) for name, run in values["runs"].items()}
        absent = {name: list(files) for name, files in values["absent"].items()}
        ids = (frozenset(values[key]) for key in ("cached_runs", "cached_cells"))
        return Plan(Config.model_validate(values["config"]), runs, absent, *ids)
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        reason = explain(error) if isinstance(error, ValidationError) else f"lacks {error}"
        raise SpecarError(f"{path} is not a plan of this version ({reason}); delete it and re-run") from error


def started_ablations(plan: Plan) -> list[str]:
    """Return the ablations with a record, and those that belong to everything."""
    started = []
    for name in plan.config.ablations:
        with suppress(SpecarError):
            own = name in plan.config.run_ablations
            if own or any(plan.record_file(run).exists() for run in plan.ablation_runs(name)):
                started.append(name)
    return started


def wanted(plan: Plan, files: Iterable[Path], chosen: Collection[Path] | None = None) -> list[str]:
    """Return the files that products need: all, or those that are there where nothing is trained.

    ``chosen`` are the only ones to be made, besides those that are there; None: all.
    """
    every = plan.trains and chosen is None
    return [path.as_posix() for path in files if every or path in (chosen or ()) or path.exists()]


def digest_of_results(plan: Plan) -> str:
    """Return a hash of files by name, size and time: records, failures, examples, floors, prepared data.

    It changes when one of them does: whatever is made of all that is there has to be made again.
    """
    digest = hashlib.sha256()
    for path in _files(plan):
        try:
            found = path.stat()
        except OSError:
            continue
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def anything_to_show(plan: Plan) -> bool:
    """Whether a run of the matrix or of an ablation is done, or has left why it is not."""
    runs = [*plan.runs, *plan.runs_of_ablations]
    return any(plan.record_file(run).exists() or (plan.records / run / STATUS).exists() for run in runs)


def _files(plan: Plan) -> Iterator[Path]:
    for run in [*plan.runs, *plan.runs_of_ablations]:
        yield from (plan.record_file(run), plan.examples_file(run), plan.records / run / STATUS)
    for task in plan.tasks:
        yield from plan.floor_files(task)
    for dataset in plan.config.datasets:
        yield plan.prepared / dataset / META
