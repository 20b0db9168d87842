"""Remarks on datasets, with marks at their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from specar.paper.published import parts_of
from specar.paper.sources import source_of
from specar.tables.escape import SIGNS


@dataclass(frozen=True)
class Remark:
    """A sentence on a dataset and the sign that refers to it; none where the dataset has no line."""

    sign: str
    dataset: str
    text: str


def remarks_on(remarks: Mapping[str, str], datasets: Collection[str]) -> list[Remark]:
    """Return the remarks: those on ``datasets``, in that order and with signs, before all others.

    Each sign is another one as long as there are any.
    """
    marked = [name for name in datasets if name in remarks]
    signs = {name: SIGNS[i % len(SIGNS)] for i, name in enumerate(marked)}
    return [
        Remark(signs.get(name, ""), name, " ".join(remarks[name].split()).rstrip(".") + ".")
        for name in dict.fromkeys([*marked, *remarks])
    ]


def signs_at(task: str, dataset: str, remarks: list[Remark]) -> str:
    """Return the signs at a dataset's name, or at that of an aggregate over datasets."""
    parts = parts_of(task, dataset) if dataset in source_of(task).aggregates else [dataset]
    return "".join(remark.sign for remark in remarks if remark.dataset in parts)
