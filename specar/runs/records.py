"""Run and floor records: what is in one, and reading back none that was damaged or edited."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeInt, PositiveInt, ValidationError

from specar.base.errors import SpecarError
from specar.base.files import read_json
from specar.base.strict import problems
from specar.config import Cell, RunConfig, cell_id, run_id
from specar.runs.plan import Plan
from specar.training.progress import Epoch

log = logging.getLogger(__name__)
Resolved = TypeVar("Resolved", bound=Cell)
Metrics = dict[str, Annotated[FiniteFloat, Field(ge=0)]]
FORMAT = 3


class _Part(BaseModel):
    """A part of a record; what newer code adds to it is kept, and covered by the record's hash."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Counts(_Part):
    train: NonNegativeInt
    val: NonNegativeInt
    test: NonNegativeInt


class _Training(_Part):
    epochs: NonNegativeInt  # 0: a fitted model has none
    best_epoch: NonNegativeInt
    micro_batches: PositiveInt = 1


class _Parameters(_Part):
    total: NonNegativeInt
    used: NonNegativeInt


class _Data(_Part):
    sha256: dict[str, str]
    prepared_sha256: dict[str, str]


class _Git(_Part):
    commit: str | None
    modified: bool | None


class _Device(_Part):
    name: str


class _Provenance(_Part):
    git: _Git
    device: _Device
    versions: dict[str, str | None]


class _RunProvenance(_Provenance):
    finished: str
    wall_seconds: Annotated[FiniteFloat, Field(ge=0)]
    peak_memory_bytes: NonNegativeInt


class _Scored(_Part):
    """What records of runs and of floors share."""

    format: Literal[3]
    metrics: Annotated[Metrics, Field(min_length=1)]
    parts: dict[str, Metrics] = {}
    details: dict[str, Any]
    examples: _Counts
    config: dict[str, Any]
    data: _Data
    sha256: str


class _RunRecord(_Scored):
    training: _Training
    history: list[Epoch] = []
    parameters: _Parameters
    provenance: _RunProvenance


class _FloorRecord(_Scored):
    baseline: str
    provenance: _Provenance


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with the hash of its content, which is checked wherever it is read."""
    return {**record, "sha256": content_hash(record)}


def content_hash(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's content, whatever the order and spacing of its file."""
    content = {key: value for key, value in record.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_sealed(path: Path, command: str) -> dict[str, Any]:
    """Read what `sealed` made; `SpecarError`: it is damaged or was edited, and ``command`` makes it again."""
    found = read_json(path)
    if not isinstance(found, dict) or found.get("sha256") != content_hash(found):
        raise SpecarError(f"{path} is damaged or was edited; '{command}' makes it again")
    return found


def read_record(path: Path, run: RunConfig) -> dict[str, Any] | None:
    """Read the record of a run; None where it has not been done.

    `SpecarError`: the record is damaged, was edited, lacks something, or belongs to another run.
    """
    return _read(path, _RunRecord, describe(run), run)


def read_floor(path: Path, cell: Cell) -> dict[str, Any] | None:
    """Read the record of one baseline; None where it has not been computed; raises as `read_record`."""
    return _read(path, _FloorRecord, {**describe_cell(cell), "baseline": path.stem}, cell)


def _read(
    path: Path, schema: type[_Scored], named: Mapping[str, Any], config: Cell | RunConfig | None = None
) -> dict[str, Any] | None:
    if not path.exists():
        return None
    remedy = "delete it and do it again"
    record = read_json(path)
    if not isinstance(record, dict):
        raise SpecarError(f"{path} is no record but a {type(record).__name__}; {remedy}")
    for key, value in named.items():
        if type(record.get(key)) is not type(value) or record[key] != value:
            raise SpecarError(f"{path} is not the record of {named_of(named)}: its {key} is "
                              f"{record.get(key)!r:.80}, not {value!r}; {remedy}")  # fmt: skip
    try:
        schema.model_validate(record)
    except ValidationError as error:
        raise SpecarError(f"{path} is damaged: {problems(error)}; {remedy}") from error
    if content_hash(record) != record["sha256"]:
        raise SpecarError(f"{path} was edited: its content is not that of its sha256; {remedy}")
    if config is not None and record["config"] != config.model_dump(mode="json"):
        # One of before a setting was added says less, and is still the same run.
        said = _config(path, record, type(config))
        _same_id(path, named_of(named), run_id(said) if isinstance(said, RunConfig) else cell_id(said))
    return record


def damage_of(path: Path, name: str) -> str:
    """Return why the record of run ``name`` cannot be believed; empty where it can, whatever its settings."""
    try:
        _read(path, _RunRecord, {"run_id": name})
    except SpecarError as error:
        return str(error)
    return ""


def floor_damage_of(path: Path, cell: Cell) -> str:
    """Return why the record of a baseline of a cell cannot be believed; empty where it can."""
    try:
        read_floor(path, cell)
    except SpecarError as error:
        return str(error)
    return ""


def set_aside(path: Path, damage: str) -> None:
    """Rename a record that cannot be believed, and say why, so that it is made again."""
    path.replace(path.with_name(f"{path.name}.damaged"))
    log.warning("%s: it is set aside and made again", damage)


def named_of(named: Mapping[str, Any]) -> str:
    """The id of a run, or of a cell."""
    return str(named.get("run_id", named.get("cell")))


def check_floor(path: Path, folder: str) -> Cell:
    """Check a floor record that lies in the folder of cell ``folder``; returns the cell; raises likewise."""
    cell = _config(path, read_json(path), Cell)
    _read(path, _FloorRecord, {**describe_cell(cell), "baseline": path.stem})
    _same_id(path, folder, cell_id(cell))
    return cell


def check_record(path: Path, name: str) -> RunConfig:
    """Return the configuration of a record if the present code gives it the id ``name``.

    `SpecarError`: the record is missing, damaged, was edited, or is of other code or another run.
    """
    if not path.exists():
        raise SpecarError(f"{path} is missing")
    record = _read(path, _RunRecord, {"run_id": name})
    run = _config(path, record, RunConfig)
    _same_id(path, name, run_id(run))
    _read(path, _RunRecord, describe(run))
    return run


def _config(path: Path, record: Any, schema: type[Resolved]) -> Resolved:
    try:
        return schema.model_validate(record.get("config") if isinstance(record, dict) else None)
    except ValidationError as error:
        raise SpecarError(
            f"{path}: its configuration does not fit the present code: {problems(error)}; do it again"
        ) from error


def _same_id(path: Path, name: str, actual: str) -> None:
    if actual != name:
        raise SpecarError(f"{path}: the present code calls its configuration {actual}; do it again")


def finished_record(plan: Plan, name: str) -> dict[str, Any] | None:
    """Read the record of a run of the plan, wherever it is taken from; None where there is none to believe.

    A damaged record costs its own run and a line of the log.
    """
    record, damage = record_or_damage(plan, name)
    if damage:
        log.warning("%s", damage)
    return record


def record_or_damage(plan: Plan, name: str) -> tuple[dict[str, Any] | None, str]:
    """Read likewise; the second says why a record that is there cannot be believed, and is empty else.

    It is read once for as long as its file stays the same; nobody changes what is returned.
    """
    path = plan.record_file(name)
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None, ""
    file = (found.st_ino, found.st_size, found.st_mtime_ns)
    if plan.read.get(name, (None,))[0] != file:
        plan.read[name] = (file, *_record_or_damage(path, plan.run(name)))
    return plan.read[name][1:]


def _record_or_damage(path: Path, run: RunConfig) -> tuple[dict[str, Any] | None, str]:
    try:
        return read_record(path, run), ""
    except SpecarError as error:
        return None, str(error)


def describe(run: RunConfig) -> dict[str, Any]:
    """What names a run to a reader of its record or of a table."""
    return {"run_id": run_id(run), **run.key._asdict(), "cell": cell_id(run.cell)}


def describe_cell(cell: Cell) -> dict[str, Any]:
    """What names a cell to a reader of a floor's record or of a table."""
    values: Iterable[Any] = (cell_id(cell), cell.task, cell.dataset, cell.setting, cell.protocol)
    return dict(zip(("cell", "task", "dataset", "setting", "protocol"), values, strict=True))
