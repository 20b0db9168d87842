"""One section per architecture and protocol: these are never mixed in a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from specar.tables.caption import notes, title
from specar.tables.layout import Line, Style, lines
from specar.tables.published import AVERAGE


@dataclass(frozen=True)
class Section:
    """A printed table: its texts (plain, not escaped) and its lines per dataset."""

    title: str
    label: str
    notes: list[str]
    blocks: list[list[Line]]


def sections(
    task: str, table: pd.DataFrame, style: Style, averaged: bool, note: str | None = None
) -> Iterator[Section]:
    """Yield the printed tables of a tidy table, in the order of the matrix."""
    rows = table[table["setting"] == AVERAGE] if averaged else table
    for key, part in rows.groupby(["architecture", "protocol"], sort=False):
        architecture, protocol = map(str, key)
        names = [task, *(["averaged"] if averaged else []), architecture, protocol]
        yield Section(
            title(task, architecture, protocol, averaged),
            "tab:" + re.sub(r"[^a-z0-9]+", "-", " ".join(names).lower()),
            ([" ".join(note.split())] if note else []) + notes(task, part, protocol, averaged),
            list(lines(part, style)),
        )
