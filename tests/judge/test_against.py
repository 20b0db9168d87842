"""SpecAR-Net's runs against runs of other models, of made-up runs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from specar.judge.against import NOT_APART, TOO_FEW, against
from specar.judge.rank_tests import holm
from specar.paper.claims import FAILS, HOLDS, PARTLY, UNKNOWN

from .ledgers import one, run

SETS = ("ETTm1", "ETTm2", "ETTh1", "ETTh2", "Weather", "Electricity")
SETTINGS = ("0.125", "0.25")
NOISE = np.random.default_rng(0).normal(scale=0.01, size=(len(SETS), len(SETTINGS), 8))


def runs_of(factor=1.0, datasets=SETS, seeds=(1, 2, 3), *, top=True, **named):
    """Runs of imputation with a noise of one percent, better the smaller ``factor`` is."""
    return [
        row
        for i, dataset in enumerate(datasets)
        for j, setting in enumerate(SETTINGS)
        for seed in seeds
        for row in run(dataset, setting, seed, _values(factor, NOISE[i, j, seed]), top=top, **named)
    ]


def _values(factor, noise):
    return {"mse": 0.1 * factor * (1 + noise), "mae": 0.2}


def rival(factor=1.0, datasets=SETS, seeds=(1, 2, 3), published_as="DLinear"):
    rows = runs_of(factor, datasets, seeds, top=False, model="rival", published_as=published_as)
    # Noise of its own: with the same one, all differences of a dataset are equal.
    return [{**row, "value": row["value"] + 0.0002 * (row["seed"] % 3)} for row in rows]


def judged(ours, theirs, claim="imputation-best", metric="mse"):
    found = against(pd.DataFrame([*ours, *theirs]))
    return one(found.claims, claim=claim, metric=metric), found.datasets.query("claim == @claim")


def test_effects_and_tests_are_those_of_scipy():
    ours, theirs = runs_of(0.9), rival()
    row, datasets = judged(ours, theirs)
    assert (row["word"], row["tested"], row["datasets"], row["seeds"]) == (HOLDS, 6, 6, 3)
    assert (row["better"], row["equal"], row["worse"]) == (6, 0, 0)
    table = pd.DataFrame([*ours, *theirs]).query("metric == 'mse'")
    means = table.pivot_table(index=["dataset", "seed"], columns="model", values="value", sort=False)
    changes = 100 * (means["specar"] / means["rival"] - 1)
    mine = datasets[datasets["metric"] == "mse"].set_index("dataset")
    by_set = changes.groupby("dataset", sort=False)
    assert mine["effect"].to_numpy() == pytest.approx(by_set.mean().to_numpy())
    p = by_set.agg(lambda values: stats.ttest_1samp(values, 0).pvalue)
    assert mine["p"].to_numpy() == pytest.approx(p.to_numpy())
    assert mine["p_holm"].to_numpy() == pytest.approx(holm(p))
    assert row["effect"] == pytest.approx(by_set.mean().mean())
    assert row["p"] == pytest.approx(stats.wilcoxon(by_set.mean()).pvalue)
    low, high = stats.t.interval(0.95, 5, by_set.mean().mean(), stats.sem(by_set.mean()))
    assert (row["low"], row["high"]) == pytest.approx((low, high))


def test_the_other_side_may_be_better():
    row, _ = judged(runs_of(1.2), rival())
    assert (row["word"], row["worse"]) == (FAILS, 6)
    mixed = [*runs_of(1.2, SETS[:1]), *runs_of(0.8)[len(runs_of(0.8, SETS[:1])) :]]
    row, _ = judged(mixed, rival())
    assert (row["word"], row["better"], row["worse"]) == (PARTLY, 5, 1)


@pytest.mark.parametrize(
    ("datasets", "ours", "theirs"),
    [
        (SETS, (1, 2), (1, 2)),
        (SETS, (1, 2, 3), (2, 3, 4)),  # two pairs
        (SETS, (1, 2, 3), (4, 5, 6)),  # none
        (SETS[:1], (1, 2, 3), (1, 2, 3)),
    ],
)
def test_fewer_than_three_pairs_or_two_datasets_carry_nothing(datasets, ours, theirs):
    row, tests = judged(runs_of(0.5, datasets, ours), rival(1.0, datasets, theirs))
    assert (row["word"], row["verdict"]) == (UNKNOWN, NOT_APART)
    assert row["note"].endswith("datasets with 3 paired seeds; 2 are needed")
    if len(datasets) > 1:
        assert set(tests["verdict"]) <= {TOO_FEW}


def test_a_word_on_few_of_the_datasets_names_them():
    row, _ = judged(runs_of(0.5, SETS[:2]), rival(1.0, SETS[:2]))
    assert (row["word"], row["note"]) == (HOLDS, f"on 2 of 6 datasets: {SETS[0]}, {SETS[1]}")
    assert row["effect"] == pytest.approx(-50, abs=2)
    assert judged(runs_of(0.5), rival())[0]["note"] == ""


def test_what_is_not_told_apart_is_no_word():
    row, _ = judged(runs_of(1.0), rival(1.002))
    assert (row["word"], row["note"], row["equal"]) == (UNKNOWN, "no dataset is told apart", 6)


def test_horizons_that_one_side_lacks_are_left_out():
    theirs = [row for row in rival() if row["setting"] == "0.25"]
    _, tests = judged(runs_of(0.9), theirs)
    assert set(tests["settings"]) == {"0.25"}


def test_a_claim_of_equality_is_inside_the_margin_or_not():
    def equality(factor):
        ours, theirs = runs_of(factor, top=False), rival(published_as="TimesNet")
        return judged(ours, theirs, "imputation-timesnet")[0]

    near, far = equality(1.0), equality(1.2)
    assert (near["word"], near["better"]) == (HOLDS, 6)
    assert (far["word"], far["worse"]) == (FAILS, 6)


def test_claims_on_one_model_are_about_it_alone():
    found = against(pd.DataFrame([*runs_of(0.9, top=False), *rival(published_as="DLinear")]))
    # The claim without TOP is on TimesNet.
    assert (set(found.claims["claim"]), set(found.claims["tested"])) == ({"imputation-best"}, {0})
    both = against(pd.DataFrame([*runs_of(0.9), *rival(published_as="")]))
    assert set(both.claims["claim"]) == {"imputation-best"}
