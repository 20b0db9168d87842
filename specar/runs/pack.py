"""One archive to a machine without network, and one back: plan and prepared data there, records home.

The archive is a tar file under gzip whose first member says what is in it, with the size and SHA-256 of each
file. The same content makes the same bytes. What is unpacked is checked first in a folder of its own.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, NonNegativeInt

from specar.base.errors import SpecarError
from specar.base.files import atomic_path, json_text, sha256_of
from specar.base.locks import read_lock
from specar.config import cell_id
from specar.config.settings import DataConfig
from specar.data.meta import META
from specar.data.prepared import read_prepared
from specar.runs.places import EXAMPLES
from specar.runs.plan import Plan
from specar.runs.records import finished_record
from specar.runs.status import HISTORY, STATUS
from specar.runs.store import write_plan

Kind = Literal["work", "records"]
PLAN, MANIFEST, RECORD, CHECKPOINT = "plan.json", "manifest.json", "metrics.json", "checkpoint.pt"
_RESULTS, PREPARED = "results", f"{DataConfig().dir}/prepared"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
NAMES: dict[Kind, str] = {  # nothing else comes out of an archive
    "work": rf"{PLAN}|{PREPARED}/{_NAME}/{_NAME}\.(npy|json)|wheels/{_NAME}|{_NAME}\.py",
    "records": rf"runs/{_NAME}/({'|'.join((RECORD, EXAMPLES, HISTORY, CHECKPOINT, STATUS))})|"
    rf"floors/{_NAME}/{_NAME}\.json",
}
_LEVEL = 6  # of gzip


class _File(BaseModel):
    size: NonNegativeInt
    sha256: str


class Manifest(BaseModel):
    """What the first member of an archive says of the others."""

    format: Literal[1]
    kind: Kind
    files: dict[str, _File]


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
        files |= {f"{PREPARED}/{name}/{file}": plan.prepared / name / file for file in (META, *arrays)}
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
    if path.exists() and not (path.is_file() and tarfile.is_tarfile(path)):
        raise SpecarError(f"{path} is there and is no archive; take another name")
    for name in files:
        if not re.fullmatch(NAMES[kind], name):
            raise SpecarError(f"{files[name]} has a name that cannot be packed; rename it")
    listed = {
        name: _File(size=files[name].stat().st_size, sha256=sha256_of(files[name])) for name in sorted(files)
    }
    manifest = json_text(Manifest(format=1, kind=kind, files=listed).model_dump()).encode()
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
