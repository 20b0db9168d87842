"""Which records need their data: those that are missing, or of other data than what is there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from specar.base.errors import SpecarError
from specar.base.files import read_json
from specar.data.layout import META


def needs_data(records: Iterable[Path], prepared: Path, own_files: Iterable[Path]) -> bool:
    """Whether one of the records has to be made, or made again, from the dataset in the folder ``prepared``.

    Data that was deleted is not needed for a record that is there. What the record was made of, beside a
    user's own files, which may change, is named by its id.
    """
    changed = max((path.stat().st_mtime_ns for path in own_files if path.exists()), default=0)
    there = _value(prepared / META, "prepared_sha256")
    return any(_is_old(record, changed, there) for record in records)


def _is_old(record: Path, changed: int, there: Any) -> bool:
    if not record.exists() or record.stat().st_mtime_ns < changed:
        return True
    data = _value(record, "data")
    return not isinstance(data, dict) or there not in (None, data.get("prepared_sha256"))


def _value(path: Path, key: str) -> Any:
    """Value of a JSON file; None where it is missing or damaged."""
    try:
        return read_json(path)[key]
    except (SpecarError, KeyError, TypeError):
        return None
