"""How often one result is better than another, equal or worse: what a claim of superiority comes down to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress

import pandas as pd

from specar.paper.metrics import METRICS
from specar.paper.numbers import KEY

_TOLERANCE = 1e-9
_SIGNS = pd.Series({name: 1.0 if metric.higher else -1.0 for name, metric in METRICS.items()})


@dataclass(frozen=True)
class Counts:
    """Numbers of cells in which a side is better, equal and worse."""

    better: int
    equal: int
    worse: int

    @property
    def total(self) -> int:
        return self.better + self.equal + self.worse

    @property
    def everywhere(self) -> bool:
        """Whether it is better in every cell, of which there is at least one."""
        return 0 < self.better == self.total


def signs_of(metrics: pd.Series[str]) -> pd.Series[float]:
    """Return 1 where higher is better, otherwise -1: times it, the largest of any metric is the best."""
    return metrics.map(_SIGNS)


def margins(ours: pd.Series[float], theirs: pd.Series[float], metrics: pd.Series[str]) -> pd.Series[float]:
    """Return by how much ``ours`` is better than ``theirs``, negative where it is worse; all on one index."""
    return (ours - theirs) * signs_of(metrics)


def count(margins: pd.Series[float]) -> Counts:
    """Count margins; missing ones are left out."""
    better, worse = int((margins > _TOLERANCE).sum()), int((margins < -_TOLERANCE).sum())
    return Counts(better, int(margins.notna().sum()) - better - worse, worse)


def face_to_face(
    numbers: pd.DataFrame, ours: Mapping[str, str | bool], theirs: Mapping[str, str | bool] | None = None
) -> pd.DataFrame:
    """Put the cells of one side beside the best of the other side.

    ``numbers`` has rows as of `specar.paper.numbers.printed_numbers`; a side is columns of its key with the
    value that makes a row one of it, like ``{"model": "SpecAR-Net"}``. Without ``theirs`` the other side is
    every other row. What neither names has to be the same on both. Returns a row per cell that both sides
    have: what identifies it, ``ours``, ``theirs`` (the best of the other side) and ``margin``.
    """
    same = [key for key in KEY if key not in ours and key not in (theirs or {})]
    mine = _select(numbers, ours)
    other = _select(numbers, theirs) if theirs is not None else ~mine
    cells = list(zip(*(numbers[key] for key in same), strict=True))
    best: dict[tuple[object, ...], float] = {}
    signed = numbers["number"] * signs_of(numbers["metric"])
    for cell, value in compress(zip(cells, signed, strict=True), other):
        known = best.setdefault(cell, value)
        best[cell] = value if value > known or math.isnan(known) else known
    sides = compress(zip(cells, numbers["number"], strict=True), mine)
    rows = [(*cell, number, best[cell]) for cell, number in sides if cell in best]
    table = pd.DataFrame(rows, columns=[*same, "ours", "theirs"])
    table["ours"] = table["ours"].astype(float)  # also where there is no row
    table["theirs"] = table["theirs"].astype(float) * signs_of(table["metric"])
    return table.assign(margin=margins(table["ours"], table["theirs"], table["metric"]))


def _select(numbers: pd.DataFrame, wanted: Mapping[str, str | bool]) -> pd.Series[bool]:
    chosen = pd.Series(True, index=numbers.index)
    for key, value in wanted.items():
        chosen &= numbers[key] == value
    return chosen
