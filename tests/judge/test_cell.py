"""Verdicts on constructed cells, checked against statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from specar.judge.cell import judge_summary
from specar.judge.rules import ALPHA, BETTER, EQUAL, NOT_RUN, UNDECIDED, WORSE, cell_rules
from specar.paper.metrics import half_unit, margin_of, margins_in_words

from .values import judge_values


@pytest.mark.parametrize(
    ("values", "published", "metric", "word"),
    [
        ([0.400, 0.401, 0.399], "0.400", "mse", EQUAL),
        ([0.406, 0.4061, 0.4059], "0.400", "mse", EQUAL),  # significantly different, inside 3 %
        ([0.350, 0.351, 0.349], "0.400", "mse", BETTER),
        ([0.450, 0.451, 0.449], "0.400", "mse", WORSE),
        ([0.30, 0.40, 0.50], "0.400", "mse", UNDECIDED),  # the right mean, but noise
        ([0.45, 0.40, 0.55], "0.400", "mse", UNDECIDED),
        ([0.400], "0.400", "mse", UNDECIDED),
        ([0.400, 0.4001], "0.400", "mse", UNDECIDED),  # of two seeds nothing is said
        ([0.500, 0.5001], "0.400", "mse", UNDECIDED),
        ([0.43, 0.44, 0.45], "0.400", "mse", UNDECIDED),  # one more run may well be 0.41
        ([], "0.400", "mse", NOT_RUN),
        ([75.0, 75.1, 74.9], "74.7", "accuracy", EQUAL),
        ([80.0, 80.1, 79.9], "74.7", "accuracy", BETTER),
        ([70.0, 70.1, 69.9], "74.7", "accuracy", WORSE),
        ([12.1, 12.1, 12.11], "11.844", "smape", EQUAL),  # 0.26 above: inside 0.3
        ([12.3, 12.3, 12.31], "11.844", "smape", WORSE),
    ],
)
def test_words(values, published, metric, word):
    assert judge_values(values, published, metric).word == word


@pytest.mark.parametrize(
    ("value", "word"), [(0.103, EQUAL), (0.097, EQUAL), (0.1031, WORSE), (0.0969, BETTER)]
)
def test_seeds_without_spread_are_compared_with_the_margin(value, word):
    # 3 % of 0.100 is 0.003: half a unit of its last digit does not count.
    verdict = judge_values([value] * 3, "0.100", "mse")
    assert (verdict.word, verdict.reason) == (word, "all seeds equal")
    assert verdict.low == verdict.high == pytest.approx(value)
    assert math.isnan(verdict.p_equivalent)


def test_a_single_seed_is_not_tested():
    near, far = (judge_values([value], "0.100", "mse") for value in (0.101, 0.2))
    assert (near.reason, near.inside) == ("1 seed, inside the margin", True)
    assert (far.reason, far.inside) == ("1 seed, outside the margin", False)
    assert math.isnan(near.low)
    assert judge_values([], "0.100", "mse").inside is None


def test_a_margin_is_what_it_is_said_to_be():
    """3 % of 0.020 are 0.0006, though 0.0205 may be printed so: no word there, neither good nor bad."""
    assert judge_values([0.0201] * 3, "0.020", "mse").margin == pytest.approx(0.0006)
    assert judge_values([0.02055, 0.0206, 0.02065], "0.020", "mse").word == UNDECIDED
    assert judge_values([0.0202, 0.0202, 0.02021], "0.020", "mse").word == EQUAL


def test_what_rounding_explains_is_never_called_better_or_worse():
    assert judge_values([0.0004, 0.00041, 0.00039], "0.000", "mse").word == UNDECIDED
    assert judge_values([0.0004] * 3, "0.000", "mse").word == UNDECIDED
    assert judge_values([0.01, 0.0101, 0.0099], "0.000", "mse").word == WORSE
    assert judge_values([0.01] * 3, "0.000", "mse").word == WORSE


def test_margins():
    assert float(margin_of("owa").at(-0.5)) == pytest.approx(0.015)
    assert [float(margin_of(metric).at(50)) for metric in ("f1", "smape", "mae")] == [1.0, 0.3, 1.5]
    assert [half_unit(text) for text in ("0.064", "98.4", "7")] == pytest.approx([0.0005, 0.05, 0.5])
    assert margins_in_words(["mse", "mae", "owa", "smape"]) == "±3 % (MSE, MAE and OWA), ±0.3 (sMAPE)"
    rules = " ".join(cell_rules())
    assert "±3 % (MSE, MAE, MASE and OWA)" in rules
    assert "fewer than 3 seeds" in rules
    assert "0.9 % (3 seeds), 1.2 % (5 seeds), 1.5 % (10 seeds)" in rules


seeds = st.lists(st.floats(0.2, 0.6), min_size=3, max_size=6)


@given(seeds)
@example([0.39, 0.40, 0.43])
@example([0.399, 0.4, 0.4015])
@example([0.51, 0.5, 0.52])
def test_tests_and_intervals_are_those_of_statsmodels(values):
    assume(np.std(values) > 1e-6)
    verdict = judge_values(values, "0.400", "mse")
    sample = DescrStatsW(np.array(values) - 0.4)
    p, *_ = sample.ttost_mean(-0.012, 0.012)
    assert verdict.p_equivalent == pytest.approx(p, abs=1e-9)
    assert (verdict.low - 0.4, verdict.high - 0.4) == pytest.approx(sample.tconfint_mean(), abs=1e-9)
    low, high = sample.tconfint_mean(2 * ALPHA)
    # A prediction interval is a confidence interval of the mean, √(n + 1) as wide.
    below, above = sample.tconfint_mean(ALPHA)
    reach = (above - below) / 2 * np.sqrt(len(values) + 1)
    inside, beyond = low > -0.012 and high < 0.012, abs(sample.mean) - reach > 0.012
    expected = EQUAL if inside else UNDECIDED if not beyond else BETTER if high < 0 else WORSE
    assert verdict.word == expected
    assert (verdict.p_beyond < ALPHA) == beyond


@given(st.floats(0.3, 0.5), st.floats(1e-9, 0.1), st.floats(0, 1), st.integers(3, 6))
def test_less_noise_never_takes_a_verdict_back(mean, sd, share, number):
    noisy, calm = (judge_summary(mean, each, number, "0.400", "mse").word for each in (sd, share * sd))
    assert noisy in (UNDECIDED, calm)


@given(seeds)
def test_better_is_the_other_way_round_where_higher_is_better(values):
    # Distances from 74.7, mirrored.
    above, below = ([74.7 + sign * 50 * (value - 0.4) for value in values] for sign in (1, -1))
    swapped = {BETTER: WORSE, WORSE: BETTER}
    word = judge_values(above, "74.7", "accuracy").word
    assert judge_values(below, "74.7", "accuracy").word == swapped.get(word, word)
