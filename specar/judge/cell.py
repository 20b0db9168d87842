"""The verdict on one cell: our runs against one published number."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from specar.judge.rules import ALPHA, BETTER, EQUAL, MIN_SEEDS, NOT_RUN, SHOWN, UNDECIDED, WORSE
from specar.paper.metrics import METRICS, half_unit, margin_of

# Spread below this share of the value is rounding of floating-point numbers, not noise between seeds.
_NO_SPREAD = 1e-12
_EDGE = 1e-9  # likewise: 0.103 - 0.1 is a margin of 0.003


@dataclass(frozen=True)
class Verdict:
    """What our runs say on a published number; differences are in the printed unit, NaN where not known."""

    word: str  # one of `specar.judge.rules.VERDICTS`
    reason: str  # why it is not a plain word: what is missing, or how wide the interval is
    difference: float = math.nan  # mean over seeds minus published
    margin: float = math.nan
    low: float = math.nan  # the shown t interval of the mean
    high: float = math.nan
    p_equivalent: float = math.nan  # TOST, of "the difference is beyond the margin": small where equivalent
    # Of "one more run of ours may lie within the margin, or give the published number before it was rounded".
    p_beyond: float = math.nan

    @property
    def inside(self) -> bool | None:
        """Whether the mean lies inside the margin, test or not; None without runs."""
        return None if math.isnan(self.difference) else _within(self.difference, self.margin)


def judge_summary(mean: float, sd: float, seeds: int, published: str, metric: str) -> Verdict:
    """Judge a cell by mean and sample standard deviation over its seeds, in the unit of ``published``."""
    if not seeds:
        return Verdict(NOT_RUN, "")
    printed, half = float(published), half_unit(published)
    difference, margin = mean - printed, float(margin_of(metric).at(printed))
    side = BETTER if (difference > 0) == METRICS[metric].higher else WORSE
    if seeds < MIN_SEEDS:
        place = "inside" if _within(difference, margin) else "outside"
        reason = f"{seeds} seed{'s' * (seeds != 1)}, {place} the margin"
        return Verdict(UNDECIDED, reason, difference, margin)
    if sd <= _NO_SPREAD * abs(mean):
        outside = UNDECIDED if _within(difference, half) else side
        word = EQUAL if _within(difference, margin) else outside
        return Verdict(word, "all seeds equal", difference, margin, mean, mean)
    equivalent, beyond = map(float, p_values(abs(difference), sd, seeds, margin, half))
    reach = sd / math.sqrt(seeds) * float(stdtrit(seeds - 1, (1 + SHOWN) / 2))
    word = EQUAL if equivalent < ALPHA else side if beyond < ALPHA else UNDECIDED
    reason = "the interval covers an end of the margin" if word == UNDECIDED else ""
    return Verdict(word, reason, difference, margin, mean - reach, mean + reach, equivalent, beyond)


def p_values(
    distance: npt.ArrayLike, sd: npt.ArrayLike, seeds: int, margin: npt.ArrayLike, half: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return ``p_equivalent`` and ``p_beyond`` of `Verdict`, of one cell or of arrays of them.

    ``distance`` is that of mean and published number, ``half`` half a unit of its last digit.
    """
    spread, beyond = np.asarray(sd, dtype=np.float64), np.subtract(distance, np.maximum(margin, half))
    # Of the two one-sided tests, the one on the side of the difference has the larger p value.
    equivalent = stdtr(seeds - 1, np.subtract(distance, margin) / (spread / math.sqrt(seeds)))
    one_more = 2 * stdtr(seeds - 1, -np.maximum(beyond, 0) / (spread * math.sqrt(1 + 1 / seeds)))
    return equivalent, one_more


def _within(difference: float, margin: float) -> bool:
    return abs(difference) <= margin * (1 + _EDGE)
