"""Verdicts on results that are given one by one."""

import numpy as np

from specar.judge.cell import judge_summary


def judge_values(values, published, metric):
    """Judge the results of a cell, one per seed."""
    known = np.asarray(values, dtype=float)
    sd = known.std(ddof=1) if len(known) > 1 else np.nan
    return judge_summary(known.mean() if len(known) else np.nan, sd, len(known), published, metric)
