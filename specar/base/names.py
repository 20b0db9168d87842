"""Names that become files and folders, and the addresses that files come from."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated
from unicodedata import category
from urllib.parse import urlsplit

from pydantic import AfterValidator

import specar

_MOST = os.pathconf("/", "PC_NAME_MAX")  # bytes of one name in a path, 255
_LONGEST = 2048  # bytes of a folder or file in the configuration: half of what Linux allows a whole path
# The checkout that the package lies in, with the files that come with the project; it need not be one.
PROJECT = Path(specar.__file__).parents[1]


def first_control(text: str) -> str | None:
    """The first sign of a text that controls terminals or breaks lines, but for newline and tab."""
    kinds = ("Cc", "Cs", "Zl", "Zp")
    return next((sign for sign in text if sign not in "\n\t" and category(sign) in kinds), None)


def check_parts(path: str) -> str:
    """Return a path; ValueError: a name is longer than file systems have it, or has control characters."""
    if long := next((part for part in path.split("/") if len(os.fsencode(part)) > _MOST), None):
        raise ValueError(f"the name {long!r:.60}… has more than {_MOST} bytes, the most for a file or folder")
    if len(os.fsencode(path)) > _LONGEST:
        raise ValueError(f"{path!r:.60}… has more than {_LONGEST} bytes, too long for a path")
    if "\n" in path or first_control(path):
        raise ValueError(f"{path!r:.80} has signs that no name has")
    return path


def _relative(path: str) -> str:
    if "\\" in path or any(not part or part.startswith((".", "-")) for part in path.split("/")):
        raise ValueError(f"{path!r:.80} must be a relative path of names that do not start with '.' or '-'")
    return check_parts(path)


def _folder(path: str) -> str:
    """Expand ~ and leave out a last /; braces would be wildcards to Snakemake, a first - an option."""
    if not path.strip() or "{" in path or "}" in path:
        raise ValueError("a folder name must not be empty nor contain braces")
    try:
        folder = str(Path(check_parts(path)).expanduser())
    except RuntimeError as error:
        raise ValueError(f"{path!r:.80}: there is no such user's home; write the folder out") from error
    if folder.startswith("-") or Path(folder).name in ("", ".."):
        raise ValueError(f"{path!r:.80} is no folder of its own; give it a name that does not start with '-'")
    return folder


def _url(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not url.isprintable() or " " in url:
        raise ValueError("an address is http://… or https://… with a host")
    return url


def check_mirror(mirror: str) -> str:
    """Return a mirror, a folder or a base URL, with ~ expanded; ValueError: it is neither."""
    return _url(mirror) if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", mirror) else _folder(mirror)


FolderName = Annotated[str, AfterValidator(_folder)]
Mirror = Annotated[str, AfterValidator(check_mirror)]
RelativePath = Annotated[str, AfterValidator(_relative)]
Url = Annotated[str, AfterValidator(_url)]


def in_project(path: Path) -> Path:
    """A relative path that is not there in the working folder, in the project if it is there."""
    return PROJECT / path if not path.exists() and (PROJECT / path).exists() else path


def looked_for(path: Path) -> str:
    """Say where a path was looked for, for a message that it is not there."""
    return "" if path.is_absolute() else f" (looked for in {Path.cwd()} and in {PROJECT})"
