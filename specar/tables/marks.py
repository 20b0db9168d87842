"""Best and second best results, recomputed from the printed numbers and set beside the paper's colours."""

from __future__ import annotations

import pandas as pd

from specar.paper.metrics import METRICS

FIRST, SECOND = "first", "second"
COMPARED = ["task", "dataset", "setting", "metric"]


def with_marks(cells: pd.DataFrame) -> pd.DataFrame:
    """Add ``mark`` and ``mark_differs`` to the printed cells of one table.

    Parameters
    ----------
    cells
        A row per cell: `COMPARED`, ``number`` (NaN: not printed) and ``printed_mark``, the cell's colour.

    Returns
    -------
    DataFrame
        ``mark`` is ``first`` for the best number of its row and metric, ``second`` for the next best,
        empty else; equal numbers have equal marks. ``mark_differs`` says whether the paper coloured the
        cell otherwise, in a row where it coloured any.
    """
    higher = cells["metric"].map({name: metric.higher for name, metric in METRICS.items()}).astype(bool)
    goodness = cells["number"].where(higher, -cells["number"])
    rank = goodness.groupby([cells[name] for name in COMPARED], sort=False).rank(
        method="dense", ascending=False
    )
    mark = rank.map({1.0: FIRST, 2.0: SECOND}).fillna("")
    used = set(cells["printed_mark"]) - {""}
    comparable = mark.where(mark.isin(used), "")  # appendix Table 1 colours the best only
    coloured = (cells["printed_mark"] != "").groupby([cells[name] for name in COMPARED]).transform("any")
    differs = coloured & (comparable != cells["printed_mark"])
    return cells.assign(mark=mark, mark_differs=differs)
