"""What 'specar pack' wrote, checked and put into place: nothing of it where anything is wrong."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from specar.base.errors import SpecarError
from specar.base.files import read_json, sha256_of
from specar.base.strict import one_line, problems
from specar.data.meta import META
from specar.data.prepared import read_prepared
from specar.runs.examples import check_examples
from specar.runs.pack import CHECKPOINT, MANIFEST, NAMES, PLAN, PREPARED, RECORD, Kind, Manifest
from specar.runs.places import EXAMPLES
from specar.runs.records import check_floor, check_record
from specar.runs.store import read_plan

_LARGEST_MANIFEST = 64 << 20  # bytes


@dataclass(frozen=True)
class Unpacked:
    """What became of the files of an archive, by their names in ``folder``; others were there already."""

    kind: Kind
    folder: Path
    names: list[str]
    written: list[str]
    kept: list[str]  # here something else is there in their places


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
            _check_places(target, written)
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


def _manifest(archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise _Refused("it is no archive of 'specar pack'")
    file = archive.extractfile(first)
    assert file is not None
    try:
        manifest = Manifest.model_validate_json(file.read())
    except ValidationError as error:
        raise _Refused(f"its {MANIFEST} is not of this version: {problems(error)}") from error
    for name in manifest.files:
        if not re.fullmatch(NAMES[manifest.kind], name):
            raise _Refused(f"{name!r:.80} is no file of such an archive")
    return manifest


def _extract(archive: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
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
            read_prepared(folder / PREPARED / name)
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


def _check_places(target: Path, names: Collection[str]) -> None:
    """Raise where a folder is in the place of a file, or a file in that of a folder."""
    for name in names:
        path = target / name
        inside = [parent for parent in path.parents if parent.is_relative_to(target)]
        if wrong := [path] * path.is_dir() + [one for one in inside if one.exists() and not one.is_dir()]:
            raise _Refused(f"{wrong[0]} is in the way")


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
