"""Paired tests over seeds: with TOP against without."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from specar.judge.holm import holm
from specar.judge.rules import ALPHA, MIN_SEEDS
from specar.paper.metrics import METRICS

_CELL = ["task", "dataset", "setting", "metric"]


def paired_tests(runs: pd.DataFrame) -> pd.DataFrame:
    """Test with TOP against without, cell by cell, runs paired by their seed.

    Parameters
    ----------
    runs
        Runs of one model and protocol: ``task``, ``dataset``, ``setting``, ``metric``, ``top`` (bool),
        ``seed`` and ``value``.

    Returns
    -------
    DataFrame
        A row per cell with enough pairs: its names, ``pairs``, ``gain`` (mean difference, positive where
        TOP is better), ``p`` (paired t test, two-sided), ``p_holm`` (corrected over the rows) and
        ``verdict``: ``better``, ``worse`` or ``not told apart``.
    """
    rows = []
    for cell, group in runs.groupby(_CELL, sort=False):
        wide = (
            group.pivot(index="seed", columns="top", values="value").reindex(columns=[False, True]).dropna()
        )
        if len(wide) >= MIN_SEEDS:
            sign = 1 if METRICS[str(cell[3])].higher else -1
            gains = sign * (wide[True] - wide[False]).to_numpy(dtype=np.float64)
            rows.append((*cell, len(gains), gains.mean(), _p(gains)))
    tests = pd.DataFrame(rows, columns=[*_CELL, "pairs", "gain", "p"])
    if tests.empty:
        return tests.assign(p_holm=[], verdict=[])
    corrected = holm(tests["p"])
    side = np.where(tests["gain"] > 0, "better", "worse")
    return tests.assign(p_holm=corrected, verdict=np.where(corrected < ALPHA, side, "not told apart"))


def _p(gains: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    if np.ptp(gains) == 0:  # without spread there is no t; such a difference is exact
        return float(gains[0] == 0)
    return float(stats.ttest_1samp(gains, 0).pvalue)
