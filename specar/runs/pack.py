"""One archive to a machine without network, and one back: plan and prepared data there, records home.

The archive is a tar file under gzip whose first member says what is in it, with the size and SHA-256 of each
file. The same content makes the same bytes. What is unpacked is checked first in a folder of its own.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, NonNegativeInt, ValidationError

from specar.base.errors import SpecarError
from specar.base.files import atomic_path, json_text, read_json, sha256_of
from specar.base.locks import read_lock
from specar.base.strict import one_line, problems
from specar.config import cell_id
from specar.config.settings import DataConfig
from specar.data.meta import META
from specar.data.prepared import read_prepared
from specar.runs.examples import check_examples
from specar.runs.places import EXAMPLES
from specar.runs.plan import Plan
from specar.runs.records import check_floor, check_record, finished_record
from specar.runs.status import HISTORY, STATUS
from specar.runs.store import read_plan, write_plan

Kind = Literal["work", "records"]
PLAN, MANIFEST, RECORD, CHECKPOINT = "plan.json", "manifest.json", "metrics.json", "checkpoint.pt"
_RESULTS, _PREPARED = "results", f"{DataConfig().dir}/prepared"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_NAMES: dict[Kind, str] = {  # nothing else comes out of an archive
    "work": rf"{PLAN}|{_PREPARED}/{_NAME}/{_NAME}\.(npy|json)|wheels/{_NAME}|{_NAME}\.py",
    "records": rf"runs/{_NAME}/({'|'.join((RECORD, EXAMPLES, HISTORY, CHECKPOINT, STATUS))})|"
    rf"floors/{_NAME}/{_NAME}\.json",
}
_LARGEST_MANIFEST = 64 << 20
_LEVEL = 6  # of gzip


class _File(BaseModel):
    size: NonNegativeInt
    sha256: str


class _Manifest(BaseModel):
    format: Literal[1]
    kind: Kind
    files: dict[str, _File]


@dataclass(frozen=True)
class Unpacked:
    """What became of the files of an archive, by their names in ``folder``; others were there already."""

    kind: Kind
    folder: Path
    names: list[str]
    written: list[str]
    kept: list[str]  # here something else is there in their places


def pack_work(plan: Plan, runs: Collection[str], path: Path, wheels: Path | None = None) -> Path:
    """Write all that ``runs`` need on a machine without network; returns the archive.

    That is a plan of these runs with the folders of a default configuration, the prepared data, modules of
    models in the working folder, and the files of a folder of ``wheels``. `SpecarError`: no run, data is not
    prepared, or there is no such folder.
    """
    if not runs:
        raise SpecarError(
            "no run to pack: all are done, or none fits; 'specar next' lists what is to be done"
        )
    chosen = {name: plan.run(name) for name in runs}
    names = sorted({run.dataset for run in chosen.values()})
    missing = [name for name in names if not (plan.prepared / name / META).is_file()]
    if missing:
        raise SpecarError(f"not prepared: {', '.join(missing)}; run 'specar prepare {' '.join(missing)}'")
    if wheels is not None and not wheels.is_dir():
        raise SpecarError(f"{wheels} is no folder; 'pip wheel -w {wheels} .' makes it")
    files = {
        f"{name}.py": Path(f"{name}.py") for name in sorted({run.model.module for run in chosen.values()})
    }
    files = {name: file for name, file in files.items() if file.is_file()}
    files |= {f"wheels/{file.name}": file for file in (wheels.iterdir() if wheels else ()) if file.is_file()}
    for name in names:
        with read_lock(plan.prepared / name):
            arrays = read_prepared(plan.prepared / name).meta["prepared_sha256"]
        files |= {f"{_PREPARED}/{name}/{file}": plan.prepared / name / file for file in (META, *arrays)}
    # There all lies in the folder where the archive is unpacked, and no records come with the project.
    changes = {"data": DataConfig(), "results": _RESULTS, "use_cache": False, "budget_hours": None}
    packed = Plan(plan.config.model_copy(update=changes), chosen)
    with tempfile.TemporaryDirectory() as folder:
        write_plan(packed, Path(folder, PLAN))
        return _write(path, "work", {PLAN: Path(folder, PLAN), **files})


def pack_records(plan: Plan, path: Path, checkpoints: bool = False) -> Path:
    """Write the records made here, their examples and histories, and the floors of their cells.

    With ``checkpoints`` also those of runs that are not done, so that they go on elsewhere. `SpecarError`:
    there is nothing; damaged records are left out with a line of the log.
    """
    every = {**plan.runs, **plan.runs_of_ablations}
    own = replace(plan, cached_runs=frozenset())
    done = [name for name in every if plan.own_record_file(name).exists() and finished_record(own, name)]
    unfinished = [name for name in every if checkpoints and (plan.records / name / CHECKPOINT).exists()]
    if not done and not unfinished:
        raise SpecarError(f"no run of this configuration is done in {plan.records}; nothing to pack")
    places = [plan.records / name / file for name in done for file in (RECORD, EXAMPLES, HISTORY)]
    places += [plan.records / name / file for name in unfinished if name not in done
               for file in (CHECKPOINT, HISTORY, STATUS)]  # fmt: skip
    for cell in sorted({cell_id(every[name].cell) for name in done}):
        places += sorted((plan.floors / cell).glob("*.json"))
    files = {file.relative_to(plan.results).as_posix(): file for file in places if file.exists()}
    return _write(path, "records", files)


def _write(path: Path, kind: Kind, files: Mapping[str, Path]) -> Path:
    for name in files:
        if not re.fullmatch(_NAMES[kind], name):
            raise SpecarError(f"{files[name]} has a name that cannot be packed; rename it")
    listed = {
        name: _File(size=files[name].stat().st_size, sha256=sha256_of(files[name])) for name in sorted(files)
    }
    manifest = json_text(_Manifest(format=1, kind=kind, files=listed).model_dump()).encode()
    with (
        atomic_path(path) as part,
        part.open("wb") as raw,
        gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        archive.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
        for name in listed:
            with files[name].open("rb") as file:
                archive.addfile(_member(name, listed[name].size), file)  # raises if it is shorter by now
    return path


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    return member


def unpack(path: Path, place: Callable[[Kind], Path], replaces: bool = False) -> Unpacked:
    """Unpack an archive into the folder that is the ``place`` of its kind, once all of it is checked.

    A record, a floor or a checkpoint that is there and differs is kept, and a checkpoint does not go beside a
    record. With ``replaces`` those of the archive take their places. `SpecarError`, before anything is
    written: the archive is damaged or none of these, a record is not what the present code makes, the disk is
    too small, or work would overwrite what is there.
    """
    with _checked(path), tarfile.open(path, "r:gz") as archive:
        manifest = _manifest(archive)
        target, names = place(manifest.kind), list(manifest.files)
        target.mkdir(parents=True, exist_ok=True)
        if sum(file.size for file in manifest.files.values()) > shutil.disk_usage(target).free:
            raise _Refused(f"its files do not fit on the disk of {target}")
        with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target) as folder:
            staging = Path(folder)
            _extract(archive, manifest, staging)
            _CHECKS[manifest.kind](staging, names)
            differs = [name for name in names if not _is_same(staging / name, target / name)]
            kept = [] if replaces else [name for name in differs if _is_settled(name, names, staging, target)]
            if kept and manifest.kind == "work":
                raise _Refused(
                    f"{target / kept[0]} is there and differs; take another --folder, or --replace"
                )
            written = [name for name in differs if name not in kept]
            # Descriptions and records last: where they are, all that belongs to them is there.
            for name in sorted(written, key=lambda name: Path(name).name in (PLAN, META, RECORD)):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (staging / name).replace(target / name)
    return Unpacked(manifest.kind, target, names, written, kept)


class _Refused(SpecarError):
    """Why an archive is not unpacked."""


@contextmanager
def _checked(path: Path) -> Iterator[None]:
    """Say of whatever is wrong with an archive which one it is, and that nothing came of it."""
    try:
        yield
    except (_Refused, tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        why = "" if isinstance(error, _Refused) else "it is damaged or no archive of 'specar pack': "
        raise SpecarError(f"{path} is refused, nothing is unpacked: {why}{one_line(str(error))}") from error
    except OSError as error:
        raise SpecarError(f"cannot unpack {path}: {error.strerror or error}") from error


def _manifest(archive: tarfile.TarFile) -> _Manifest:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise _Refused("it is no archive of 'specar pack'")
    file = archive.extractfile(first)
    assert file is not None
    try:
        manifest = _Manifest.model_validate_json(file.read())
    except ValidationError as error:
        raise _Refused(f"its {MANIFEST} is not of this version: {problems(error)}") from error
    for name in manifest.files:
        if not re.fullmatch(_NAMES[manifest.kind], name):
            raise _Refused(f"{name!r:.80} is no file of such an archive")
    return manifest


def _extract(archive: tarfile.TarFile, manifest: _Manifest, folder: Path) -> None:
    """Extract the files of the manifest, and nothing else."""
    left = dict(manifest.files)
    while member := archive.next():
        file = left.pop(member.name, None)
        if file is None or not member.isreg() or member.issparse() or member.size != file.size:
            raise _Refused(f"{member.name!r:.80} is not the file that its {MANIFEST} names")
        archive.extract(member, folder, filter="data")
        path = folder / member.name
        if sha256_of(path) != file.sha256:
            raise _Refused(f"{member.name} is damaged: its sha256 is not that in its {MANIFEST}")
        os.utime(path)  # data of one's own may be newer than a record that was made of it
    if left:
        raise _Refused(f"it ends before {min(left)}")
    assert archive.fileobj is not None
    while archive.fileobj.read(1 << 20):  # to the end, where gzip has a sum of it all
        pass


def _check_work(folder: Path, names: Collection[str]) -> None:
    """Raise unless a plan is there with the data of all its runs, and only with code of their models."""
    if PLAN not in names:
        raise _Refused(f"{PLAN} is missing")
    with _of_archive(folder):
        plan = read_plan(folder / PLAN)
        for name in plan.datasets:
            read_prepared(folder / _PREPARED / name)
    modules = {f"{run.model.module}.py" for run in plan.runs.values()}
    if strange := {name for name in names if name.endswith(".py")} - modules:
        raise _Refused(f"{min(strange)} is of no model of its runs")


def _check_records(folder: Path, names: Collection[str]) -> None:
    """Raise unless the present code makes such records and floors."""
    with _of_archive(folder):
        for name in names:
            path = folder / name
            if path.name == RECORD:
                check_record(path, path.parent.name)
            elif path.name == EXAMPLES:
                check_examples(path, read_json(path.with_name(RECORD)))
            elif name.startswith("floors/"):
                check_floor(path, path.parent.name)


_CHECKS: dict[Kind, Callable[[Path, Collection[str]], None]] = {
    "work": _check_work,
    "records": _check_records,
}


@contextmanager
def _of_archive(folder: Path) -> Iterator[None]:
    """Say the names of files as they are in the archive."""
    try:
        yield
    except SpecarError as error:
        raise _Refused(str(error).replace(f"{folder}/", "")) from error


def _is_settled(name: str, names: Collection[str], packed: Path, target: Path) -> bool:
    """Whether what is there already decides that a file is not taken from the archive."""
    place = Path(name)
    if place.parts[0] != "runs":
        return (target / place).exists()
    record, checkpoint = (str(place.with_name(file)) for file in (RECORD, CHECKPOINT))
    brought = record if record in names else checkpoint
    here = target / (record if (target / record).exists() else brought)
    return here.exists() and not _is_same(packed / brought, here)


def _is_same(one: Path, other: Path) -> bool:
    return other.is_file() and one.is_file() and sha256_of(one) == sha256_of(other)
