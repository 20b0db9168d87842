"""Claims recounted from the paper's cells, and from made-up runs of ours."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from specar.judge.claims.cells import cells_of
from specar.judge.claims.own import OwnResults, own_recount
from specar.judge.claims.paired import paired_tests
from specar.judge.claims.recount import recount, word_of
from specar.judge.claims.registry import CLAIMS
from specar.judge.claims.table import claim_table
from specar.judge.rules import FAILS, HOLDS, PARTLY, UNKNOWN
from specar.judge.verdicts import COLUMNS
from specar.paper.counts import Counts

BY_ID = {claim.id: claim for claim in CLAIMS}
NO_VERDICTS = pd.DataFrame(columns=COLUMNS)
NO_RUNS = pd.DataFrame(
    columns=["task", "dataset", "setting", "metric", "top", "architecture", "protocol", "seed", "value"]
)


@pytest.mark.parametrize(
    ("counts", "most", "word"),
    [
        ((5, 0, 0), False, HOLDS),
        ((4, 1, 0), False, PARTLY),
        ((19, 10, 19), False, FAILS),
        ((6, 3, 1), True, HOLDS),
        ((5, 5, 0), True, PARTLY),
    ],
)
def test_words(counts, most, word):
    assert word_of(Counts(*counts), most) == word


# Counted by hand, or in the list of the paper's faults.
@pytest.mark.parametrize(
    ("claim", "word", "counts"),
    [
        ("best-overall", HOLDS, (5, 0, 0)),
        ("short-term-best", PARTLY, (2, 0, 1)),
        ("long-term-best", PARTLY, (8, 3, 7)),
        ("imputation-best", PARTLY, (8, 2, 2)),
        ("anomaly-sets", PARTLY, (3, 0, 2)),
        ("backbone-imputation-dcn", FAILS, (19, 10, 19)),
        ("backbone-imputation-embed", PARTLY, (45, 2, 1)),
        ("backbone-classification-embed", PARTLY, (9, 0, 1)),
        ("unified", PARTLY, (27, 3, 2)),
        ("hop", PARTLY, (3, 0, 2)),
        ("headline", HOLDS, (4, 0, 0)),
    ],
)
def test_published(claim, word, counts):
    found = recount(BY_ID[claim], cells_of(BY_ID[claim]))
    assert (found.word, found.counts) == (word, Counts(*counts))


def test_counts_of_firsts():
    found = recount(BY_ID["count-table-12"], cells_of(BY_ID["count-table-12"]))
    assert (found.word, found.note) == (HOLDS, "best in 42 of 48; printed count: 42 of 48")


def ours(claim, change=0.0, skip=0):
    """Verdict rows with SpecAR-Net's published numbers of a claim, changed by a share."""
    cells = cells_of(BY_ID[claim])
    cells = cells[cells["model"] == "SpecAR-Net"].iloc[skip:]
    top, changed = cells["top"] == "true", cells["number"] * (1 + change)
    return cells.assign(architecture="paper", top=top, reproduced=changed).reindex(columns=COLUMNS)


def test_our_numbers_in_the_place_of_the_published_ones():
    claim = BY_ID["long-term-best"]
    same = own_recount(claim, OwnResults(ours(claim.id), NO_RUNS), "paper")
    assert (same.word, same.counts, same.note) == (PARTLY, Counts(8, 3, 7), "")
    assert own_recount(claim, OwnResults(ours(claim.id, -0.5), NO_RUNS), "paper").word == HOLDS
    assert own_recount(claim, OwnResults(ours(claim.id, 0.5), NO_RUNS), "paper").word == FAILS
    assert own_recount(claim, OwnResults(ours(claim.id), NO_RUNS), "released").note == "not run"


def test_a_word_needs_half_of_the_cells():
    claim = BY_ID["long-term-best"]
    most = own_recount(claim, OwnResults(ours(claim.id, -0.5, skip=9), NO_RUNS), "paper")
    assert (most.word, most.note) == (HOLDS, "9 of 18 cells run")
    few = own_recount(claim, OwnResults(ours(claim.id, -0.5, skip=10), NO_RUNS), "paper")
    assert (few.word, few.note) == (UNKNOWN, "8 of 18 cells run")


def window_results(rows):
    names = {"ablation": "window", "task": "long_term_forecast", "dataset": "Exchange", "metric": "mse"}
    table = pd.DataFrame(rows, columns=["level", "setting", "reproduced"])
    return table.assign(**names, top=False, architecture="paper", protocol="published")


def test_windows_from_ablations():
    best = {"96": 4, "192": 24, "336": 192, "720": 8}  # the paper's but the last
    windows = (4, 8, 16, 24, 48, 96, 192, 336)
    rows = [(str(w), setting, 0.1 if w == b else 0.2) for setting, b in best.items() for w in windows]
    found = own_recount(BY_ID["window"], OwnResults(NO_VERDICTS, NO_RUNS, window_results(rows)), "paper")
    assert (found.word, found.counts) == (PARTLY, Counts(3, 0, 1))
    # a horizon of which one window is missing is not counted
    fewer = OwnResults(NO_VERDICTS, NO_RUNS, window_results(rows[:-1]))
    assert own_recount(BY_ID["window"], fewer, "paper").counts == Counts(3, 0, 0)


def top_runs(gains):
    names = {"task": "imputation", "dataset": "ETTh1", "metric": "mse", "architecture": "paper"}
    return pd.DataFrame(
        [
            {**names, "setting": setting, "top": top, "seed": seed, "value": 0.1 - top * gain}
            for setting, values in gains.items()
            for seed, gain in enumerate(values)
            for top in (False, True)
        ]
    ).assign(protocol="published")


def test_paired_tests_over_seeds():
    gains = {"0.125": [0.01, 0.011, 0.0101], "0.25": [0.01, -0.02, 0.005], "0.5": [0.0, 0.0], "0.375": [0.1]}
    tests = paired_tests(top_runs(gains)).set_index("setting")
    assert list(tests.index) == ["0.125", "0.25", "0.5"]
    assert tests.loc["0.125", "p"] == pytest.approx(stats.ttest_1samp(gains["0.125"], 0).pvalue)
    assert tests.loc["0.125", "gain"] == pytest.approx(np.mean(gains["0.125"]))
    assert tests.loc["0.5", "p"] == 1
    assert list(tests["verdict"]) == ["better", "not told apart", "not told apart"]
    assert tests.loc["0.125", "p_holm"] == pytest.approx(3 * tests.loc["0.125", "p"])


def test_top_claims_give_the_paired_tests():
    claim = BY_ID["top-imputation"]
    own = OwnResults(ours(claim.id), top_runs({"0.125": [0.01, 0.011, 0.0101]}))
    found = own_recount(claim, own, "paper")
    assert found.counts == Counts(35, 9, 4)
    assert found.note.endswith("Holm-corrected: better in 1, worse in 0 of 1 tested cells")


def test_the_table_has_every_claim_with_and_without_runs():
    assert list(claim_table(OwnResults(NO_VERDICTS, NO_RUNS))["claim"]) == list(BY_ID)
    table = claim_table(OwnResults(NO_VERDICTS, top_runs({"0.125": [0.01, 0.011]})))
    assert len(table) == 2 * len(BY_ID)
    assert (table.loc[table["numbers"] == "paper", "word"] == UNKNOWN).all()
