"""Claims recounted from the paper's cells, and from made-up runs of ours."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from specar.judge.claims import claim_table, counted_in_words
from specar.judge.own import OwnResults, own_recount
from specar.judge.rank_tests import paired_tests
from specar.judge.verdicts import COLUMNS
from specar.paper.audit.claims import claims as audited
from specar.paper.audit.printed import Paper
from specar.paper.claims import FAILS, HOLDS, PARTLY, UNKNOWN, claim_cells, claims, published_recount
from specar.paper.counts import Counts

BY_ID = {claim.id: claim for claim in claims()}
NO_VERDICTS = pd.DataFrame(columns=COLUMNS)
NO_RUNS = pd.DataFrame(
    columns=[
        "task",
        "dataset",
        "setting",
        "metric",
        "top",
        "model",
        "published_as",
        "protocol",
        "seed",
        "value",
    ]
)


# Counted by hand, or in the list of the paper's faults.
@pytest.mark.parametrize(
    ("claim", "word", "counts"),
    [
        ("best-overall", HOLDS, (5, 0, 0)),
        ("short-term-best", PARTLY, (2, 0, 1)),
        ("long-term-best", PARTLY, (8, 3, 7)),
        ("imputation-best", PARTLY, (8, 2, 2)),
        ("anomaly-average", HOLDS, (1, 0, 0)),
        ("anomaly-sets", PARTLY, (3, 0, 2)),
        ("classification-timesnet", HOLDS, (6, 3, 1)),
        ("chosen-ili", FAILS, (3, 2, 4)),
        ("chosen-etth1", PARTLY, (4, 1, 1)),
        ("backbone-imputation-dcn", FAILS, (19, 10, 19)),
        ("backbone-imputation-embed", PARTLY, (45, 2, 1)),
        ("backbone-classification-embed", PARTLY, (9, 0, 1)),
        ("unified", PARTLY, (27, 3, 2)),
        ("hop", PARTLY, (3, 0, 2)),
        ("headline", HOLDS, (4, 0, 0)),
        ("imputation-timesnet", PARTLY, (32, 0, 16)),  # inside ±3 %, and not
        ("top-long-term", HOLDS, (60, 2, 10)),
        ("top-imputation", HOLDS, (35, 9, 4)),
        # Yearly, Quarterly, Monthly and Others in three metrics; the average counts them again.
        ("top-short-term", HOLDS, (12, 0, 0)),
    ],
)
def test_published(claim, word, counts):
    found = published_recount(BY_ID[claim])
    assert (found.word, found.counts) == (word, Counts(*counts))


@pytest.mark.parametrize(
    ("better", "equal", "word"), [(6, 0, HOLDS), (6, 4, HOLDS), (5, 5, PARTLY), (5, 0, FAILS), (3, 4, FAILS)]
)
def test_most_is_more_than_half(better, equal, word):
    claim = BY_ID["classification-timesnet"]
    cells = claim_cells(claim)
    place = cells.groupby("model").cumcount()
    ours = np.select([place < better, place < better + equal], [60, 50], 40)
    numbers = np.where(cells["model"] == "SpecAR-Net", ours, 50)
    found = published_recount(claim, cells.assign(number=numbers, source_table="appendix:5"))
    assert (found.word, found.counts) == (word, Counts(better, equal, 10 - better - equal))


def test_counts_of_firsts():
    found = published_recount(BY_ID["count-table-12"])
    assert (found.word, found.note) == (HOLDS, "best in 42 of 48; printed count: 42 of 48")


def test_the_audit_finds_the_claims_that_do_not_hold():
    words = {claim.id: published_recount(claim).word for claim in claims()}
    failing = [BY_ID[name] for name, word in words.items() if word in (PARTLY, FAILS)]
    found = [(one.source_table, one.column) for one in audited(Paper())]
    assert found == [(claim.tables[-1], claim.sides) for claim in failing]
    assert len(found) == 15


def ours(claim, change=0.0, skip=0, **other):
    """Verdict rows with SpecAR-Net's published numbers of a claim, changed by a share."""
    cells = claim_cells(BY_ID[claim])
    cells = cells[cells["model"] == "SpecAR-Net"].iloc[skip:]
    changed = cells["number"] * (1 + change)
    named = {"model": "specar", "published_as": "SpecAR-Net", "ours": changed, "runs": "", **other}
    return cells.assign(**named).reindex(columns=COLUMNS)


def recounted(claim, label="specar", change=0.0, skip=0, **results):
    return own_recount(BY_ID[claim], OwnResults(ours(claim, change, skip), NO_RUNS, **results), label)


def test_our_numbers_in_the_place_of_the_published_ones():
    same = recounted("long-term-best")
    assert (same.word, same.counts, same.note) == (PARTLY, Counts(8, 3, 7), "")
    assert recounted("long-term-best", change=-0.5).word == HOLDS
    assert recounted("long-term-best", change=0.5).word == FAILS
    assert recounted("long-term-best", label="specar-released").note == "not run"


def test_numbers_of_other_models_are_no_part_of_a_claim():
    claim = BY_ID["long-term-best"]
    other = ours(claim.id, -0.5, model="mine", published_as="DLinear")
    own = OwnResults(pd.concat([ours(claim.id), other]), NO_RUNS)
    assert own_recount(claim, own, "specar") == recounted(claim.id)
    assert own_recount(claim, own, "mine").note == "not run"


def test_a_word_needs_half_of_the_cells():
    most = recounted("long-term-best", change=-0.5, skip=9)
    assert (most.word, most.note) == (HOLDS, "9 of 18 cells run")
    few = recounted("long-term-best", change=-0.5, skip=10)
    assert (few.word, few.note) == (UNKNOWN, "8 of 18 cells run")


def window_results(rows):
    names = {"ablation": "window", "task": "long_term_forecast", "dataset": "Exchange", "metric": "mse"}
    table = pd.DataFrame(rows, columns=["level", "setting", "ours"])
    ids = table["level"] + "-" + table["setting"]
    return table.assign(**names, top=False, model="specar", protocol="published", run_ids=ids)


BEST = {"96": 4, "192": 24, "336": 192, "720": 8}  # the paper's but the last
WINDOWS = [
    (str(window), setting, 0.1 if window == best else 0.2)
    for setting, best in BEST.items()
    for window in (4, 8, 16, 24, 48, 96, 192, 336)
]


def test_windows_from_ablations():
    found = own_recount(BY_ID["window"], OwnResults(NO_VERDICTS, NO_RUNS, window_results(WINDOWS)), "specar")
    assert (found.word, found.counts) == (PARTLY, Counts(3, 0, 1))
    # a horizon of which one window is missing is not counted
    fewer = OwnResults(NO_VERDICTS, NO_RUNS, window_results(WINDOWS[:-1]))
    assert own_recount(BY_ID["window"], fewer, "specar").counts == Counts(3, 0, 0)


def test_a_claim_says_which_of_its_runs_have_not_converged():
    stopped = frozenset({"4-96", "8-96", "another"})
    own = OwnResults(NO_VERDICTS, NO_RUNS, window_results(WINDOWS), stopped)
    note = own_recount(BY_ID["window"], own, "specar").note
    assert note == "not converged: 2 of the 32 runs behind it"


def top_runs(gains):
    names = {"task": "imputation", "dataset": "ETTh1", "metric": "mse", "model": "specar"}
    return pd.DataFrame(
        [
            {**names, "setting": setting, "top": top, "seed": seed, "value": 0.1 - top * gain}
            for setting, values in gains.items()
            for seed, gain in enumerate(values)
            for top in (False, True)
        ]
    ).assign(protocol="published", published_as="SpecAR-Net")


def test_paired_tests_over_seeds():
    gains = {
        "0.125": [0.01, 0.011, 0.0101], "0.25": [0.01, -0.02, 0.005], "0.5": [0.0] * 3, "0.375": [0.1, 0.1]
    }  # fmt: skip
    tests = paired_tests(top_runs(gains)).set_index("setting")
    assert list(tests.index) == ["0.125", "0.25", "0.5"]  # two seeds are too few
    assert tests.loc["0.125", "p"] == pytest.approx(stats.ttest_1samp(gains["0.125"], 0).pvalue)
    assert tests.loc["0.125", "gain"] == pytest.approx(np.mean(gains["0.125"]))
    assert tests.loc["0.5", "p"] == 1
    assert list(tests["verdict"]) == ["better", "not told apart", "not told apart"]
    assert tests.loc["0.125", "p_holm"] == pytest.approx(3 * tests.loc["0.125", "p"])


def test_top_claims_give_the_paired_tests():
    claim = BY_ID["top-imputation"]
    own = OwnResults(ours(claim.id), top_runs({"0.125": [0.01, 0.011, 0.0101]}))
    found = own_recount(claim, own, "specar")
    assert found.counts == Counts(35, 9, 4)
    assert found.note.endswith("Holm-corrected: better in 1, worse in 0 of 1 tested cells")


def test_the_table_has_every_claim_with_and_without_runs():
    assert list(claim_table(OwnResults(NO_VERDICTS, NO_RUNS))["claim"]) == list(BY_ID)
    table = claim_table(OwnResults(NO_VERDICTS, top_runs({"0.125": [0.01, 0.011]})))
    assert len(table) == 2 * len(BY_ID)
    assert (table.loc[table["numbers"] == "specar", "word"] == UNKNOWN).all()
    equal = table[(table["claim"] == "imputation-timesnet") & (table["numbers"] == "published")]
    assert counted_in_words(equal.iloc[0]) == "inside the margin in 32, outside of it in 16"
