"""How often a verdict is wrong where paper and project draw from the same distribution."""

import numpy as np
import pytest
from scipy import integrate, stats

from specar.judge.cell import p_values
from specar.judge.rules import ALPHA, BETTER, EQUAL, SPREADS, WORSE
from specar.paper.metrics import METRICS, margin_of

from .values import judge_values

CELLS = 20_000
# A level of results, and its metric; at 0.020 the last printed digit is 5 % of the value.
LEVELS = [("mse", 0.4), ("mse", 0.02), ("accuracy", 74.7), ("smape", 11.8)]


def drawn(metric, level, spread, seeds, shift=0.0):
    """Results of cells, (cells, seeds), and published numbers: one further run of each, as printed."""
    random = np.random.default_rng([seeds, int(1e4 * spread), int(1e4 * level)])
    runs = level * (1 + spread * random.normal(size=(CELLS, seeds + 1)))
    return runs[:, 1:] + shift, runs[:, 0].round(METRICS[metric].decimals)


def shares(metric, runs, published):
    """Shares of cells that are equal, and better or worse."""
    seeds, decimals = runs.shape[1], METRICS[metric].decimals
    distance, margin = np.abs(runs.mean(axis=1) - published), margin_of(metric).at(published)
    sd = runs.std(axis=1, ddof=1)
    equivalent, beyond = p_values(distance, sd, seeds, margin, 0.5 * 10.0**-decimals)
    assert not ((equivalent < ALPHA) & (beyond < ALPHA)).any()
    for one in range(40):  # what is counted here is what a cell is called
        word = judge_values(runs[one], f"{published[one]:.{decimals}f}", metric).word
        assert (word == EQUAL, word in (BETTER, WORSE)) == (equivalent[one] < ALPHA, beyond[one] < ALPHA)
    return (equivalent < ALPHA).mean(), (beyond < ALPHA).mean()


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("spread", [0.02, 0.06, 0.15])
@pytest.mark.parametrize(("metric", "level"), LEVELS)
def test_at_most_five_percent_are_called_better_or_worse(metric, level, spread, seeds):
    assert shares(metric, *drawn(metric, level, spread, seeds))[1] <= ALPHA


def chance_of_own(spread, seeds, margin=0.03):
    """The share of cells that TOST calls equal where the published number is one run of the same spread.

    The mean lies ``spread * sqrt(1 + 1/seeds)`` from it, normally distributed, and has to be so near that the
    interval fits into the margin, whose half-width is that of a sample's standard deviation (chi-squared).
    """
    t = stats.t.ppf(1 - ALPHA, seeds - 1)

    def given(quantile):
        sd = spread * np.sqrt(stats.chi2.ppf(quantile, seeds - 1) / (seeds - 1))
        room = margin - t * sd / np.sqrt(seeds)
        return max(0.0, 2 * stats.norm.cdf(room / (spread * np.sqrt(1 + 1 / seeds))) - 1)

    return integrate.quad(given, 0, 1, limit=200)[0]


@pytest.mark.parametrize(("seeds", "percent"), SPREADS.items())
def test_four_of_five_are_equal_where_the_spread_allows_it(seeds, percent):
    found = shares("mse", *drawn("mse", 4.0, percent / 100, seeds))[0]
    assert found == pytest.approx(chance_of_own(percent / 100, seeds), abs=0.015)
    assert found >= 0.8
    # The rules name the largest such spread, to a tenth of a percent.
    assert chance_of_own((percent + 0.1) / 100, seeds) < 0.8


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_more_seeds_find_a_real_difference(seeds):
    """Results a fifth worse, with a spread of 2 %: seldom missed, and never called the wrong way round."""
    runs, published = drawn("mse", 0.4, 0.02, seeds, shift=0.08)
    same, told = shares("mse", runs, published)
    assert same == 0
    assert told >= {3: 0.7, 5: 0.98, 10: 0.99}[seeds]
    assert judge_values(runs[0], f"{published[0]:.3f}", "mse").word != BETTER
