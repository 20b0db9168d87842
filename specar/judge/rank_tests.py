"""Tests over datasets (scores are tables with a row per dataset and a column per model) and over seeds."""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy  # which imports its stats, a second's work, where they are first used

from specar.judge.rules import ALPHA, MIN_SEEDS
from specar.paper.metrics import METRICS

# Means of printed digits that are equal on paper differ in the last bits.
_DECIMALS = 9
_MOST_ENUMERATED = 12  # datasets
_CELL = ["task", "dataset", "setting", "metric"]


def ranks(scores: pd.DataFrame, higher: bool) -> pd.DataFrame:
    """Return the rank of every model on every dataset, 1 for the best; ties share their mean rank."""
    return scores.round(_DECIMALS).rank(axis=1, ascending=not higher)


def friedman(scores: pd.DataFrame) -> tuple[float, float]:
    """Return statistic and p value of Friedman's test that all models rank alike; three models at least."""
    rounded = scores.round(_DECIMALS)
    statistic, p = scipy.stats.friedmanchisquare(*(rounded[model] for model in rounded))
    return float(statistic), float(p)


def pairwise(scores: pd.DataFrame, model: str | None = None) -> pd.DataFrame:
    """Test pairs of models (only those with ``model``, if given) by Wilcoxon's signed-rank test, two-sided.

    Returns
    -------
    DataFrame
        ``first``, ``second``, ``p`` and ``p_holm``, corrected over the rows.
    """
    pairs = [pair for pair in combinations(map(str, scores), 2) if model is None or model in pair]
    columns = {str(name): scores[name].to_numpy(dtype=np.float64) for name in scores}
    table = pd.DataFrame(pairs, columns=["first", "second"])
    table["p"] = [wilcoxon_p(columns[first] - columns[second]) for first, second in pairs]
    return table.assign(p_holm=holm(table["p"]))


def holm(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return p values corrected by Holm's step-down method; statsmodels' takes a second to import."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def paired_tests(runs: pd.DataFrame) -> pd.DataFrame:
    """Test with TOP against without, cell by cell, runs of one model and protocol paired by their seed.

    ``runs`` has ``task``, ``dataset``, ``setting``, ``metric``, ``top`` (bool), ``seed`` and ``value``.

    Returns
    -------
    DataFrame
        A row per cell with enough pairs: its names, ``pairs``, ``gain`` (mean difference, positive where
        TOP is better), ``p`` (paired t test, two-sided), ``p_holm`` (corrected over the rows) and
        ``verdict``: ``better``, ``worse`` or ``not told apart``.
    """
    rows = []
    for cell, group in runs.groupby(_CELL, sort=False):
        wide = group.pivot(index="seed", columns="top", values="value")
        wide = wide.reindex(columns=[False, True]).dropna()
        if len(wide) >= MIN_SEEDS:
            sign = 1 if METRICS[str(cell[3])].higher else -1
            gains = sign * (wide[True] - wide[False]).to_numpy(dtype=np.float64)
            rows.append((*cell, len(gains), gains.mean(), paired_p(gains)))
    tests = pd.DataFrame(rows, columns=[*_CELL, "pairs", "gain", "p"])
    if tests.empty:
        return tests.assign(p_holm=[], verdict=[])
    corrected = holm(tests["p"])
    side = np.where(tests["gain"] > 0, "better", "worse")
    return tests.assign(p_holm=corrected, verdict=np.where(corrected < ALPHA, side, "not told apart"))


def paired_p(gains: npt.NDArray[np.float64]) -> float:
    """Return the two-sided p value of the paired t test, from the differences."""
    if np.ptp(gains) == 0:  # without spread there is no t; such a difference is exact
        return float(gains[0] == 0)
    return float(scipy.stats.ttest_1samp(gains, 0).pvalue)


def smallest_p(datasets: int, comparisons: int) -> float:
    """Return the smallest p value that Wilcoxon's test, Holm-corrected, can reach: all datasets one way."""
    return float(min(1.0, comparisons * 2.0 ** (1 - datasets)))


def critical_difference(models: int, datasets: int) -> float:
    """Return Nemenyi's critical difference of mean ranks at `ALPHA` (Demšar 2006, Section 3.2.2)."""
    quantile = float(scipy.stats.studentized_range.ppf(1 - ALPHA, models, math.inf))
    return quantile / math.sqrt(2) * math.sqrt(models * (models + 1) / (6 * datasets))


def wilcoxon_p(differences: npt.NDArray[np.float64]) -> float:
    """Return the two-sided p value of Wilcoxon's signed-rank test; zero differences are left out."""
    rounded = differences.round(_DECIMALS)
    rounded = rounded[rounded != 0]
    if not len(rounded):
        return 1.0
    if len(rounded) > _MOST_ENUMERATED:
        return float(scipy.stats.wilcoxon(rounded).pvalue)
    # Exact also with ties, for which SciPy resamples: the same p values, thousands of times slower.
    ranks = scipy.stats.rankdata(np.abs(rounded))
    sums = np.abs(_signs(len(rounded)) @ ranks)
    return float(np.mean(sums >= abs(np.sign(rounded) @ ranks) - 1e-9))


@cache
def _signs(number: int) -> npt.NDArray[np.float64]:
    """All sign vectors, (2^number, number)."""
    return np.array(list(product((-1.0, 1.0), repeat=number)))
