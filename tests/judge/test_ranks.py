"""Rank tests against SciPy, statsmodels and hand-made tables; the diagram."""

import itertools

import numpy as np
import pandas as pd
import pytest
from aeon.benchmarking.stats import check_friedman, wilcoxon_test
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy import stats
from statsmodels.stats.multitest import multipletests

from specar.figures.files import RANKED
from specar.figures.ranks import draw
from specar.figures.style import figure_style
from specar.judge.rank_tests import critical_difference, friedman, holm, pairwise, ranks, smallest_p
from specar.judge.ranks import METRICS_OF, Ranking, drawn_ranking, rank_table, rankings
from specar.judge.rules import ALPHA
from specar.judge.verdicts import COLUMNS
from specar.paper.numbers import cells_of

SCORES = pd.DataFrame({"a": [0.1, 0.2, 0.3, 0.4], "b": [0.2, 0.2, 0.5, 0.6], "c": [0.3, 0.1, 0.6, 0.5]})


def test_ranks():
    assert ranks(SCORES, higher=False).mean().to_dict() == pytest.approx(
        {"a": (1 + 2.5 + 1 + 1) / 4, "b": (2 + 2.5 + 2 + 3) / 4, "c": (3 + 1 + 3 + 2) / 4}
    )
    assert (ranks(SCORES, higher=True) + ranks(SCORES, higher=False) == 4).all(axis=None)


def test_friedman_is_that_of_scipy():
    assert friedman(SCORES) == pytest.approx(tuple(stats.friedmanchisquare(*SCORES.to_numpy().T)))


@given(st.lists(st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.04, 0.3, 1.0]), min_size=1, max_size=8))
@settings(max_examples=20)
def test_holm_is_that_of_statsmodels(p):
    assert holm(p).tolist() == pytest.approx(multipletests(p, method="holm")[1].tolist())


@given(st.lists(st.integers(-4, 4), min_size=3, max_size=6))
@settings(max_examples=8, deadline=None)
def test_wilcoxon_is_the_exact_one_of_scipy_also_with_ties(differences):
    table = pd.DataFrame({"a": np.array(differences, dtype=float), "b": 0.0})
    left = np.array([one for one in differences if one], dtype=float)
    method = stats.PermutationMethod(n_resamples=np.inf)
    expected = stats.wilcoxon(left, method=method).pvalue if len(left) > 1 else 1.0
    assert pairwise(table)["p"].item() == pytest.approx(expected)


def test_many_datasets_and_holm():
    random = np.random.default_rng(0)
    scores = pd.DataFrame(random.normal(size=(20, 4)) + np.array([0, 0.3, 0.9, 2]), columns=list("abcd"))
    table = pairwise(scores)
    expected = [stats.wilcoxon(scores[a], scores[b]).pvalue for a, b in itertools.combinations("abcd", 2)]
    assert table["p"].tolist() == pytest.approx(expected)
    assert table["p_holm"].tolist() == pytest.approx(multipletests(expected, method="holm")[1])
    one = pairwise(scores, "b")
    assert one[["first", "second"]].to_numpy().tolist() == [["a", "b"], ["b", "c"], ["b", "d"]]


@given(st.integers(0, 2**32), st.integers(3, 6), st.integers(6, 12))
@settings(max_examples=10, deadline=None)
def test_tests_are_those_of_aeon(seed, models, datasets):
    random = np.random.default_rng(seed)
    scores = pd.DataFrame(random.normal(size=(datasets, models)), columns=list("abcdef")[:models])
    assert friedman(scores)[1] == pytest.approx(check_friedman(scores.rank(axis=1).to_numpy()))
    # aeon's are one-sided; the smaller of both sides, doubled, is two-sided.
    sides = [wilcoxon_test(scores.to_numpy(), list(scores), lower_better=lower) for lower in (False, True)]
    pairs = itertools.combinations(range(models), 2)
    assert pairwise(scores)["p"].tolist() == pytest.approx(
        [min(1, 2 * min(p[ij] for p in sides)) for ij in pairs]
    )


def test_critical_differences_are_those_of_the_printed_quantiles():
    """Demšar (2006), Table 5a. aeon 1.6 takes that of one model more."""
    for models, quantile in zip(range(2, 7), (1.960, 2.343, 2.569, 2.728, 2.850), strict=True):
        expected = quantile * (models * (models + 1) / (6 * 12)) ** 0.5
        assert critical_difference(models, 12) == pytest.approx(expected, rel=5e-4)


def test_what_few_datasets_can_show():
    assert smallest_p(10, 190) == pytest.approx(190 / 512)
    assert smallest_p(5, 153) == 1
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.01)  # Demšar (2006), Section 3.2.2
    alike = pd.DataFrame({"a": np.arange(8.0), "b": np.arange(8.0) + 1})
    assert pairwise(alike)["p_holm"].item() == pytest.approx(smallest_p(8, 1))


@pytest.fixture(scope="module")
def found():
    """Rankings with runs of ours for all of classification, and all but one cell of imputation."""
    rows = []
    for table in ("appendix:5", "appendix:12"):
        cells = cells_of(table)
        cells = cells[cells["model"] == "SpecAR-Net"]
        rows.append(cells.assign(model="specar", published_as="SpecAR-Net", ours=cells["number"]))
    rows[1] = rows[1][(rows[1]["dataset"] != "ETTm1") | (rows[1]["setting"] != "0.25")]
    return rankings(pd.concat(rows).reindex(columns=COLUMNS))


def test_our_runs_are_ranked_where_complete(found):
    classification = drawn_ranking(found, "classification")
    assert classification.own == ("our runs (specar)",)
    mean = classification.mean_ranks
    assert mean["our runs (specar)"] == mean["SpecAR-Net"] == mean.min()
    imputation = drawn_ranking(found, "imputation")
    assert (imputation.own, imputation.left_out) == ((), (("specar", 23, 24),))


def test_rankings_are_of_averages_over_settings(found):
    one = drawn_ranking(found, "long_term_forecast")
    assert (one.table, one.scores.shape) == ("appendix:10", (9, 14))
    assert one.scores.loc["ETTm1", "SpecAR-Net"] == pytest.approx(0.398, abs=0.0006)  # as Table 5 prints
    table = rank_table([one])
    assert table["mean_rank"].sum() == pytest.approx(14 * 15 / 2)
    assert table.loc[table["model"] == "SpecAR-Net", "p"].isna().all()
    assert table["p"].notna().sum() == 13
    assert {one.task for one in found} == set(METRICS_OF)


def test_only_what_can_be_told_is_drawn(found):
    drawn = {task for task in METRICS_OF if drawn_ranking(found, task).smallest_p_against < ALPHA}
    assert drawn == set(RANKED)
    with figure_style():
        forecast = draw(drawn_ranking(found, "long_term_forecast"))
    assert forecast.is_words
    assert "of 9 datasets no p value below 0.051 is possible" in forecast.alt


def test_no_label_covers_another_or_leaves_the_page(found):
    ranking = drawn_ranking(found, "classification")
    with figure_style():
        figure = draw(ranking, note="A caution.").figure
        renderer = FigureCanvasAgg(figure).get_renderer()
        boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert len(boxes) > 1.5 * ranking.scores.shape[1]
    assert not any(first.overlaps(second) for first, second in itertools.combinations(boxes, 2))
    page = figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)
    assert all(page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)


def test_the_diagram_says_what_its_tests_can_tell():
    noise = np.random.default_rng(0).normal(scale=0.1, size=(12, 3))
    scores = pd.DataFrame(np.arange(3) + noise, columns=["SpecAR-Net", "TimesNet", "LSTM"])
    ranking = Ranking("long_term_forecast", True, "mse", "appendix:10", scores)
    with figure_style():
        figure, title, _ = draw(ranking)
    text = " ".join(label.get_text() for label in figure.axes[0].texts)
    assert title == "Long-term forecasting with TOP: mean ranks by MSE"
    assert "at level 0.05: TimesNet, LSTM." in text
    assert "LSTM  3.00 *" in text
