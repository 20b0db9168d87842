"""Modules of models: found, imported, and their errors said in one line."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import keyword
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from specar.base.errors import SpecarError
from specar.base.strict import one_line

_PACKAGE = "specar.models"
_OURS = str(Path(__file__).parents[1]) + os.sep
_LIBRARIES = ("site-packages", "dist-packages", "<frozen", sysconfig.get_paths()["stdlib"])


def import_module(name: str) -> ModuleType:
    """Import a model: one of the package by its name, else from the working folder, else by a dotted path.

    `SpecarError`: there is no such module, there are two, or its code raises.
    """
    if "." not in name and importlib.util.find_spec(f"{_PACKAGE}.{name}"):
        ours, own = importlib.import_module(f"{_PACKAGE}.{name}"), Path(f"{name}.py").resolve()
        if hasattr(ours, "build") or hasattr(
            ours, "estimator"
        ):  # others of the package's modules are no models
            if own.exists() and own != Path(str(ours.__file__)).resolve():
                raise SpecarError(
                    f"model module {name!r} is both {own.name} and a model of the project; rename yours, or "
                    f"write {_PACKAGE}.{name}"
                )
            return ours
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        with in_one_line(f"model module {name!r} cannot be imported"):
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        known = f"a module of {_PACKAGE}, of the working folder ({here}), or a dotted path"
        raise SpecarError(f"model module {name!r}: {error}; give {known}") from error


@contextmanager
def in_one_line(what: str, certain: bool = True) -> Iterator[None]:
    """Raise an error of a user's code as one line, with its place.

    Where it is not ``certain`` that the block only runs a user's code, other errors are raised as they are.
    """
    try:
        yield
    except (SpecarError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        text = str(error).lower()
        short_of_memory = isinstance(error, RuntimeError) and ("memory" in text or "alloc" in text)
        unsaid = isinstance(error, ModuleNotFoundError) or not certain
        if short_of_memory or (not (place := _place(error)) and unsaid):
            raise
        said = one_line(error.msg if isinstance(error, SyntaxError) else str(error)) or "no message"
        raise SpecarError(f"{what}: {type(error).__name__}: {said}{place}") from error


def _place(error: BaseException) -> str:
    """File and line of a user's code where it raised, in brackets; empty where none of it was at work."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    own = [
        (Path(file), line)
        for file, line in frames
        if not file.startswith(_OURS) and not any(part in file for part in _LIBRARIES)
    ]
    if not own:
        return ""
    file, line = own[-1]
    return f" ({file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}:{line})"


def new_model(name: str) -> Path:
    """Write a model to begin with into the working folder; returns its file.

    `SpecarError`: the name is none for a module and a label, is taken, or the file cannot be written.
    """
    path = Path(f"{name}.py")
    if not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_]{0,38}[A-Za-z0-9])?", name) or keyword.iskeyword(name):
        raise SpecarError(f"{name!r:.60} is no name for a model: up to 40 letters, digits and _ between them")
    taken = importlib.util.find_spec(name) or importlib.util.find_spec(f"{_PACKAGE}.{name}")
    if path.exists() or taken:
        where = path if path.exists() else taken and taken.origin
        raise SpecarError(f"there is a module {name} already ({where}); give the model another name")
    try:
        path.write_text(Path(__file__).with_name("example.py").read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise SpecarError(f"cannot write {path}: {error.strerror}") from error
    return path


def sha256_of_module(module: ModuleType) -> str | None:
    """SHA-256 of a user's module, of all Python files of a package; None of one of ours: git knows it."""
    if module.__name__.startswith(f"{_PACKAGE}.") or not module.__file__:
        return None
    file, digest = Path(module.__file__), hashlib.sha256()
    for path in sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
