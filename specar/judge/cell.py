"""The verdict on one cell: our runs against one published number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from specar.judge.rules import (
    ALPHA,
    BETTER,
    INCONCLUSIVE,
    MIN_SEEDS,
    NOT_RUN,
    REPRODUCED,
    SHOWN,
    WORSE,
    margin_of,
    rounding,
)
from specar.paper.metrics import METRICS

# Spread below this share of the value is rounding of floating-point numbers, not noise between seeds.
_NO_SPREAD = 1e-12
_EDGE = 1e-9  # likewise: 0.1035 - 0.1 is a margin of 0.0035


@dataclass(frozen=True)
class Verdict:
    """What our runs say on a published number.

    Attributes
    ----------
    word
        One of `specar.judge.rules.VERDICTS`.
    reason
        Why it is not a plain word: what is missing, or how wide the interval is; may be empty.
    difference
        Mean over seeds minus published, in the printed unit.
    margin
        The margin with what rounding adds, in the printed unit.
    low, high
        The shown t interval of the mean, in the printed unit; NaN without a standard deviation.
    p_equivalent
        TOST: p value of "the difference is beyond the margin", small where equivalent.
    p_beyond
        p value of "the difference is inside the margin", on the side of the mean, small where beyond.
    """

    word: str
    reason: str
    difference: float = math.nan
    margin: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p_equivalent: float = math.nan
    p_beyond: float = math.nan

    @property
    def inside(self) -> bool | None:
        """Whether the mean lies inside the margin, test or not; None without runs."""
        return None if math.isnan(self.difference) else _within(self.difference, self.margin)


def judge_values(values: Sequence[float], published: str, metric: str) -> Verdict:
    """Judge the results of a cell, one per seed.

    Parameters
    ----------
    values
        Results in the printed unit; may be empty.
    published
        The published number with its printed digits.
    metric
        A name of `specar.paper.metrics.METRICS`.
    """
    known = np.sort(np.asarray(values, dtype=np.float64))  # sorted: the same sum whatever the order
    if not len(known):
        return Verdict(NOT_RUN, "")
    sd = float(known.std(ddof=1)) if len(known) > 1 else math.nan
    return judge_summary(float(known.mean()), sd, len(known), published, metric)


def judge_summary(mean: float, sd: float, seeds: int, published: str, metric: str) -> Verdict:
    """Judge a cell by mean and sample standard deviation over its seeds: all that t tests need."""
    printed = float(published)
    margin = float(margin_of(metric).at(printed)) + rounding(published)
    difference = mean - printed
    if seeds < MIN_SEEDS:
        place = "inside" if _within(difference, margin) else "outside"
        return Verdict(INCONCLUSIVE, f"{_seeds(seeds)}, {place} the margin", difference, margin)
    if sd <= _NO_SPREAD * abs(mean):
        equal = "all seeds equal"
        return Verdict(_exact(difference, margin, metric), equal, difference, margin, mean, mean)
    return _tested(mean, sd, seeds, difference, margin, metric)


def _tested(mean: float, sd: float, seeds: int, difference: float, margin: float, metric: str) -> Verdict:
    error, freedom = sd / math.sqrt(seeds), seeds - 1
    distance = abs(difference)
    # Of the two one-sided tests, the one on the side of the difference has the larger p value.
    equivalent, beyond = (
        float(tail((distance - margin) / error, freedom)) for tail in (stats.t.cdf, stats.t.sf)
    )
    half = error * float(stats.t.ppf((1 + SHOWN) / 2, freedom))
    word, reason = INCONCLUSIVE, "interval covers an end of the margin"
    if equivalent < ALPHA:
        word, reason = REPRODUCED, ""
    elif beyond < ALPHA:
        word, reason = _side(difference, metric), ""
    return Verdict(word, reason, difference, margin, mean - half, mean + half, equivalent, beyond)


def _exact(difference: float, margin: float, metric: str) -> str:
    return REPRODUCED if _within(difference, margin) else _side(difference, metric)


def _within(difference: float, margin: float) -> bool:
    return abs(difference) <= margin * (1 + _EDGE)


def _side(difference: float, metric: str) -> str:
    return BETTER if (difference > 0) == METRICS[metric].higher else WORSE


def _seeds(number: int) -> str:
    return f"{number} seed{'s' * (number != 1)}"
