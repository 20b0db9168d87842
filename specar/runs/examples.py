"""Examples of what a run does, kept beside its record: ``examples.json``. Imports nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from specar.base.errors import SpecarError
from specar.base.files import read_json, write_text
from specar.config import RunConfig
from specar.runs.records import describe

EXAMPLES = "examples.json"
FORMAT = 1
_KEYS = ("format", "task", "dataset", "seed", "data", "git", "how", "channel", "examples", "maps")


def write_examples(
    path: Path,
    run: RunConfig,
    prepared_sha256: Mapping[str, str],
    git: Mapping[str, Any],
    examples: Mapping[str, Any],
) -> None:
    """Write examples compactly, a line per key, atomically.

    Parameters
    ----------
    path : Path
        The file.
    run : RunConfig
        The run.
    prepared_sha256, git : mapping
        Hashes of the prepared data, and state of the code, that the examples were made with.
    examples : mapping
        What the task's ``examples`` returned.

    Raises
    ------
    SpecarError
        The folder cannot be written to or the disk is full.
    """
    data = {"prepared_sha256": dict(prepared_sha256)}
    content = {"format": FORMAT, **describe(run), "data": data, "git": dict(git), **examples}
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'), allow_nan=False)}"
        for key, value in content.items()
    ]
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read_examples(path: Path, name: str) -> dict[str, Any] | None:
    """Read the examples of run ``name``; None where there are none.

    Raises
    ------
    SpecarError
        The file is damaged or belongs to another run.
    """
    if not path.exists():
        return None
    content = read_json(path)
    if not isinstance(content, dict) or content.get("run_id") != name:
        raise SpecarError(f"{path} holds no examples of {name}; delete it and make them again")
    if missing := [key for key in _KEYS if key not in content]:
        raise SpecarError(f"{path} lacks {', '.join(missing)}; delete it and make it again")
    return content


def check_examples(path: Path, record: dict[str, Any]) -> None:
    """Check that a file holds examples of the run of ``record``, from the same data.

    Raises
    ------
    SpecarError
        It does not.
    """
    content = read_examples(path, record["run_id"])
    if content is None:
        raise SpecarError(f"{path} is missing")
    if content["data"]["prepared_sha256"] != record["data"]["prepared_sha256"]:
        raise SpecarError(f"{path} was made from other data than the record; make it again")
