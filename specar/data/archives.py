"""Zip archives that hold files of a dataset."""

from __future__ import annotations

import hashlib
import stat
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO, Self

from specar.data.entries import Archive
from specar.data.transfer import SourceError, bound, get, reading, shown, too_large, write


class Archives:
    """The zip archives of one fetch: each is downloaded once, to a file without a name."""

    def __init__(self, show: bool) -> None:
        self.show = show
        self._files = ExitStack()
        self._opened: dict[Archive, zipfile.ZipFile | SourceError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def extract(self, archive: Archive, target: Path, size: int | None) -> None:
        """Write the member to ``target``, in whose folder the archive lies meanwhile; ``size`` bounds it.

        Raises SourceError: the archive cannot be had, is not the registry's, is damaged, or lacks the member.
        """
        opened = self._open(archive, target.parent)
        with _opened_member(opened, archive.member, bound(size)) as stream:
            write(stream, target, bound(size), "zip")

    def _open(self, archive: Archive, folder: Path) -> zipfile.ZipFile:
        key = archive.model_copy(update={"member": ""})
        if key not in self._opened:
            try:
                self._opened[key] = self._fetched(archive, folder)
            except SourceError as error:
                self._opened[key] = error  # the other members need not wait for it again
        opened = self._opened[key]
        if isinstance(opened, SourceError):
            raise opened
        return opened

    def _fetched(self, archive: Archive, folder: Path) -> zipfile.ZipFile:
        with ExitStack() as files:
            packed = files.enter_context(tempfile.TemporaryFile(dir=folder))
            get(archive.url, PurePosixPath(shown(archive.url)).name, archive.bytes, packed, self.show)
            packed.seek(0)
            actual = hashlib.file_digest(packed, "sha256").hexdigest()
            if archive.sha256 and archive.sha256 != actual:
                raise SourceError(f"wrong sha256 {actual[:12]}…, expected {archive.sha256[:12]}…")
            with reading("zip"):
                opened = files.enter_context(zipfile.ZipFile(packed))
            self._files.enter_context(files.pop_all())
            return opened


def _opened_member(archive: zipfile.ZipFile, name: str, limit: int) -> IO[bytes]:
    member = _member(archive, name)
    if member.is_dir() or stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise SourceError(f"member {PurePosixPath(name).name} of the zip file is a folder, link or device")
    if member.file_size > limit:
        raise too_large(limit)
    with reading("zip"):
        return archive.open(member)


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = archive.infolist()
    base = PurePosixPath(name).name
    found = [member for member in members if member.filename == name]
    found = found or [member for member in members if PurePosixPath(member.filename).name == base]
    if len(found) != 1:
        raise SourceError(f"{'several members' if found else 'no member'} {base} in the zip file")
    return found[0]
