"""Records that come with the project: runs that need no training to be in the tables."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from specar.base.errors import SpecarError
from specar.base.files import read_json, write_text
from specar.config import Cell, RunConfig, cell_id
from specar.config.tasks import TASK_INFO
from specar.runs.examples import check_examples
from specar.runs.plan import Plan
from specar.runs.records import check_floor, check_record, damage_of, floor_damage_of, read_sealed

log = logging.getLogger(__name__)


def find_runs(folder: Path, damaged: bool = False) -> frozenset[str]:
    """Return the ids of all runs that have a cached record; with ``damaged`` also where it is."""
    names = {name.removesuffix(".json") for name in _files(folder) if name.endswith(".json")}
    damages = {} if damaged else {name: damage_of(folder / f"{name}.json", name) for name in sorted(names)}
    for damage in filter(None, damages.values()):
        log.warning("%s", damage)
    return frozenset(name for name in names if not damages.get(name))


def find_cells(folder: Path, cells: Mapping[str, Cell], damaged: bool = False) -> frozenset[str]:
    """Return which cells have cached records of all baselines of their task; ``damaged`` as `find_runs`."""
    found = set()
    for name in _files(folder / "floors") & cells.keys():
        paths = [folder / "floors" / name / f"{baseline}.json" for baseline in _baselines(cells[name])]
        damages = [] if damaged else list(filter(None, (floor_damage_of(p, cells[name]) for p in paths)))
        for damage in damages:
            log.warning("%s", damage)
        if not damages and all(path.exists() for path in paths):
            found.add(name)
    return frozenset(found)


def _baselines(cell: Cell) -> tuple[str, ...]:
    return TASK_INFO[cell.task].baselines


def _files(folder: Path) -> set[str]:
    return set(os.listdir(folder)) if folder.is_dir() else set()  # noqa: PTH208 (names, and many)


def add(plan: Plan, name: str) -> Path:
    """Copy the record of a finished run, its examples, and the floors of its cell; returns its file.

    `SpecarError`: the plan has no such run, it is not done, or its record is not what the present code makes.
    """
    # To the folder that the configuration says, never from elsewhere to that of the project.
    folder = str(Path(plan.config.cache).absolute())
    plan = replace(plan, config=plan.config.model_copy(update={"cache": folder}))
    cell = cell_id(plan.run(name).cell)
    source, target = plan.own_record_file(name), plan.cached_record_file(name)
    if not source.exists():
        raise SpecarError(f"run {name} is not done: {source} is missing; train it first")
    run = check_record(source, name)
    record = read_json(source)
    git = record["provenance"]["git"]
    if git["commit"] is None or git["modified"] is not False:
        log.warning("%s was made by code that is not a commit: nobody can repeat it exactly", name)
    _add_floors(plan, cell, run)
    _add_examples(plan, name, record)
    write_text(target, source.read_text(encoding="utf-8"))
    return target


def _add_examples(plan: Plan, name: str, record: dict[str, Any]) -> None:
    source, target = plan.own_examples_file(name), plan.cached_examples_file(name)
    if source.exists():
        check_examples(source, record)
        write_text(target, source.read_text(encoding="utf-8"))
    else:
        target.unlink(missing_ok=True)  # of an earlier record
        log.warning("%s has no examples; 'specar examples' makes them where its weights were kept", name)


def _add_floors(plan: Plan, cell: str, run: RunConfig) -> None:
    for baseline in TASK_INFO[run.task].baselines:
        source, target = plan.own_floor_file(cell, baseline), plan.cached_floor_file(cell, baseline)
        if source.exists():
            check_floor(source, cell)
            write_text(target, source.read_text(encoding="utf-8"))
        elif not target.exists():
            log.warning("floor %s of %s is not done: tables with this run will need the data", baseline, cell)


def check(plan: Plan) -> tuple[int, int]:
    """Check every cached record; returns how many there are, and how many of them the plan does not ask for.

    `SpecarError`: one is damaged, or is not what the present code makes.
    """
    folder, runs = plan.cache, {*plan.runs, *plan.runs_of_ablations}
    cells = {*plan.cells, *(cell_id(run.cell) for run in plan.runs_of_ablations.values())}
    patterns = ("*.json", "floors/*/*.json", "examples/*.json", "batches/*.json", "explain/*.json")
    records, floors, examples, batches, searches = (sorted(folder.glob(pattern)) for pattern in patterns)
    for path in records:
        check_record(path, path.stem)
    for path in floors:
        check_floor(path, path.parent.name)
    for path in batches:
        read_sealed(path, "specar batches")
    for path in searches:  # their runs are of no configuration
        runs |= {row["run"] for row in read_sealed(path, "specar explain")["rows"]}
    for path in examples:
        record = plan.cached_record_file(path.stem)
        if not record.exists():
            raise SpecarError(f"{path} belongs to no record: {record} is missing; remove it")
        check_examples(path, read_json(record))
    unasked = [path for path in (*records, *examples) if path.stem not in runs]
    unasked += [path for path in floors if path.parent.name not in cells]
    return sum(map(len, (records, floors, examples, batches, searches))), len(unasked)
