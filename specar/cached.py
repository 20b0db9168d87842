"""Records that come with the project: runs that need no training to be in the tables."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from specar.config import Cell, RunConfig, cell_id, run_id
from specar.config.load import explain
from specar.config.tasks import TASK_INFO
from specar.errors import SpecarError
from specar.files import read_json, write_text

if TYPE_CHECKING:
    from specar.plan import Plan

Resolved = TypeVar("Resolved", bound=Cell)

log = logging.getLogger(__name__)


def run_file(folder: Path, name: str) -> Path:
    """Cached record of run ``name``."""
    return folder / f"{name}.json"


def floor_file(folder: Path, cell: str, baseline: str) -> Path:
    """Cached record of one baseline of a cell."""
    return folder / "floors" / cell / f"{baseline}.json"


def find_runs(folder: Path, names: Iterable[str]) -> frozenset[str]:
    """Return those of the runs ``names`` that have a cached record."""
    there = _files(folder)
    return frozenset(name for name in names if f"{name}.json" in there)


def find_cells(folder: Path, cells: Mapping[str, Cell]) -> frozenset[str]:
    """Return the ids of those of the cells that have cached records of all baselines of their task."""
    there = {name: _files(folder / "floors" / name) for name in _files(folder / "floors")}
    return frozenset(
        name
        for name, cell in cells.items()
        if {f"{baseline}.json" for baseline in TASK_INFO[cell.task].baselines} <= there.get(name, set())
    )


def _files(folder: Path) -> set[str]:
    return set(os.listdir(folder)) if folder.is_dir() else set()  # noqa: PTH208 (names, and many)


def check_record(path: Path, name: str) -> RunConfig:
    """Return the configuration of a record if the present code gives it the id ``name``.

    Raises
    ------
    SpecarError
        The record is damaged, of other code or another run, or a metric is not finite.
    """
    from specar.records import read_record

    record = read_record(path, name)
    if record is None:
        raise SpecarError(f"{path} is missing")
    run = _config(path, record.get("config"), RunConfig)
    _same_id(path, name, run_id(run))
    if not all(
        isinstance(value, float | int) and math.isfinite(value) for value in record["metrics"].values()
    ):
        raise SpecarError(f"{path} has a metric that is not finite; train the run again")
    return run


def check_floor(path: Path, cell: str) -> None:
    """Check that a floor record is one of ``cell``, as the present code names it.

    Raises
    ------
    SpecarError
        It is damaged, of other code or another cell.
    """
    from specar.records import read_floor

    record = read_floor(path, cell)
    if record is None:
        raise SpecarError(f"{path} is missing")
    _same_id(path, cell, cell_id(_config(path, record.get("config"), Cell)))
    if record["baseline"] != path.stem:
        raise SpecarError(f"{path} is the record of {record['baseline']}; compute the floors again")


def _config(path: Path, values: Any, schema: type[Resolved]) -> Resolved:
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise SpecarError(f"{path} does not fit the present code: {explain(error)}") from error


def _same_id(path: Path, name: str, actual: str) -> None:
    if actual != name:
        raise SpecarError(
            f"{path}: the present code calls this configuration {actual}; remove it and do it again"
        )


def add(plan: Plan, name: str) -> Path:
    """Copy the record of a finished run, and the floors of its cell, into the cache; returns its file.

    Raises
    ------
    SpecarError
        The plan has no such run, it is not done, or its record is not what the present code would make.
    """
    cell = cell_id(plan.run(name).cell)
    source, target = plan.own_record_file(name), run_file(plan.cache, name)
    if not source.exists():
        raise SpecarError(f"run {name} is not done: {source} is missing; train it first")
    run = check_record(source, name)
    git = read_json(source)["provenance"]["git"]
    if git["commit"] is None or git["modified"]:
        log.warning("%s was made by code that is not a commit: nobody can repeat it exactly", name)
    _add_floors(plan, cell, run)
    write_text(target, source.read_text(encoding="utf-8"))
    return target


def _add_floors(plan: Plan, cell: str, run: RunConfig) -> None:
    for baseline in TASK_INFO[run.task].baselines:
        source, target = plan.own_floor_file(cell, baseline), floor_file(plan.cache, cell, baseline)
        if source.exists():
            check_floor(source, cell)
            write_text(target, source.read_text(encoding="utf-8"))
        elif not target.exists():
            log.warning("floor %s of %s is not done: tables with this run will need the data", baseline, cell)


def check(folder: Path, plans: Iterable[Plan]) -> int:
    """Check every cached record; returns how many there are.

    Raises
    ------
    SpecarError
        One is not what the present code makes, or belongs to no run (no cell) of ``plans``.
    """
    plans = list(plans)
    runs = {name for plan in plans for name in plan.runs}
    cells = {name for plan in plans for name in plan.cells}
    records, floors = sorted(folder.glob("*.json")), sorted(folder.glob("floors/*/*.json"))
    for path in records:
        check_record(path, path.stem)
        _belongs(path, path.stem, runs)
    for path in floors:
        check_floor(path, path.parent.name)
        _belongs(path, path.parent.name, cells)
    return len(records) + len(floors)


def _belongs(path: Path, name: str, known: set[str]) -> None:
    if name not in known:
        raise SpecarError(f"{path} belongs to nothing that these configurations ask for; remove it")
