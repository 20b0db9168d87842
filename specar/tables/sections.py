"""One section per model and protocol: these are never mixed in a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from specar.paper.sources import AVERAGE, source_of
from specar.results.run_states import Failures, RunState, failures_of
from specar.tables.caption import legend, notes, title
from specar.tables.layout import Layout, Line, Style, layout_of, lines
from specar.tables.remarks import Remark, remarks_on, signs_at


@dataclass(frozen=True)
class Request:
    """What is to be printed of a tidy table.

    Attributes
    ----------
    task
        The task of the table.
    averaged
        The averages over settings only, as in the main paper, rather than every setting.
    note
        A caution printed with every table.
    remarks
        Sentences on datasets of the task, printed with every table, also where one has no line.
    runs
        The requested runs.
    failures_known
        Whether those of ``runs`` that failed say so.
    """

    task: str
    averaged: bool = False
    note: str | None = None
    remarks: Mapping[str, str] | None = None
    runs: Sequence[RunState] = ()
    failures_known: bool = False


@dataclass(frozen=True)
class Section:
    """A printed table: its texts (plain, not escaped), its columns and its lines per dataset.

    ``notes`` introduce the table, ``footnotes`` explain its marks, ``failures`` are those of its runs.
    """

    model: str
    protocol: str
    title: str
    label: str
    notes: list[str]
    footnotes: list[str]
    failures: Failures
    layout: Layout
    blocks: list[list[Line]]


def sections(table: pd.DataFrame, request: Request, style: Style) -> Iterator[Section]:
    """Yield the printed tables of a tidy table, in the order of the matrix."""
    rows = table[table["setting"] == AVERAGE] if request.averaged else table
    for key, part in rows.groupby(["model", "protocol"], sort=False):
        model, protocol = map(str, key)
        yield _section(part, model, protocol, request, style)


def _section(rows: pd.DataFrame, model: str, protocol: str, request: Request, style: Style) -> Section:
    task, averaged = request.task, request.averaged
    layout = layout_of(task, rows, averaged)
    blocks = list(lines(rows, layout, style))
    remarks = remarks_on(request.remarks or {}, [block[0].dataset for block in blocks])
    runs = [run for run in request.runs if (run.model, run.protocol) == (model, protocol)]
    names = [task, *(["averaged"] if averaged else []), model, protocol]
    return Section(
        model,
        protocol,
        title(task, model, protocol, averaged),
        "tab:" + re.sub(r"[^a-z0-9]+", "-", " ".join(names).lower()),
        [
            *([" ".join(request.note.split())] if request.note else []),
            *notes(task, rows, protocol, averaged, runs),
        ],
        [
            legend(task, rows, "–", "†", request.failures_known),
            *(f"{remark.sign} {_shown(task, remark.dataset)}: {remark.text}".strip() for remark in remarks),
        ],
        failures_of(runs),
        layout,
        [[_named(task, line, remarks) for line in block] for block in blocks],
    )


def _named(task: str, line: Line, remarks: list[Remark]) -> Line:
    return replace(line, dataset=_shown(task, line.dataset) + signs_at(task, line.dataset, remarks))


def _shown(task: str, dataset: str) -> str:
    return dataset.removeprefix(source_of(task).prefix)
