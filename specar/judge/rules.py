"""The rules of all verdicts, fixed without a look at any result: numbers, and the same in sentences."""

from __future__ import annotations

from specar.paper.claims import FAILS, HOLDS, PARTLY, UNKNOWN
from specar.paper.metrics import margins_in_words
from specar.results.convergence import NOT_CONVERGED, RULE
from specar.results.order import MIN_SEEDS as MIN_SEEDS

ALPHA = 0.05  # level of every test
SHOWN = 0.95  # confidence of the intervals that are shown
TESTED = 1 - 2 * ALPHA  # of the intervals that decide: two one-sided tests at ALPHA are this interval
MIN_SHARE = 0.5  # share of a claim's cells that has to be done before our runs say a word on it
MIN_PAIRED_DATASETS = 2  # fewer carry no claim by runs of both sides
LINEAR = "DLinear"  # what the paper calls the linear model
PROTOCOL = "published"  # only its numbers compare with those of the paper

EQUAL, BETTER, WORSE = "equal", "better", "worse"
UNDECIDED, NOT_RUN = "undecided", "not run"
VERDICTS = (EQUAL, BETTER, WORSE, UNDECIDED, NOT_RUN)
# Seeds, and the spread between them in percent up to which four of five cells are called equal.
SPREADS = {3: 0.9, 5: 1.2, 10: 1.5}


def cell_rules() -> list[str]:
    """Return the rules of the verdicts on cells, one sentence each."""
    printed = ["mse", "mae", "mase", "owa", "accuracy", "precision", "recall", "f1", "smape"]
    spreads = ", ".join(f"{spread:g} % ({seeds} seeds)" for seeds, spread in SPREADS.items())
    return [
        "A model is compared with the published numbers of the one that it is said to be (published_as) and "
        "with nothing else; without it there is no verdict.",
        f"Margins around a published value: {margins_in_words(printed)}; relative margins are a share of "
        "the published value. They are not widened by what rounding hides: half a unit of the last digit of "
        "0.020 is 2.5 % of it already, so that small numbers are seldom called equal.",
        f"{EQUAL}: the mean over seeds is equivalent to the published value, by two one-sided t tests "
        f"(TOST) at level {ALPHA:g}, which is that its {TESTED:.0%} t interval lies inside the margin; also "
        "where the difference is significant but inside the margin.",
        f"{BETTER}, {WORSE}: the published value is one run, and one more run of ours would lie beyond the "
        f"margin around it, on the good or bad side of the metric: the {SHOWN:.0%} prediction interval, "
        "mean ± t · sd · √(1 + 1/seeds), lies there. Where half a unit of the last printed digit is wider "
        "than the margin, it stands in its place here.",
        f"Where the paper's run and ours come from the same normal distribution, at most {ALPHA:.0%} "
        f"of cells are called {BETTER} or {WORSE}, whatever the spread and the number of seeds; and four of "
        f"five are called {EQUAL} (margin ±3 %) where the spread is at most {spreads}.",
        f"{UNDECIDED}: runs are there, but neither holds, or there are fewer than {MIN_SEEDS} seeds, "
        "which are not tested: their deviation is only said to be inside or outside the margin.",
        f"{NOT_RUN}: no run of the cell is done (missing, failed or not asked for), or, for an average, a "
        "part or seed of it is missing.",
        "Seeds that all give the same value have no spread: their value is compared with the margin itself, "
        f"and {UNDECIDED} where it lies outside, but no further than rounding explains.",
        f"{NOT_CONVERGED} is said of runs where {RULE}. They are counted all the same.",
        f"Intervals that are shown are {SHOWN:.0%} t intervals of the mean over seeds.",
        "No verdict is corrected for the number of cells.",
    ]


def claim_rules() -> list[str]:
    """Return the rules of the verdicts on claims, one sentence each."""
    return [
        "Claims are about SpecAR-Net: by published numbers, and by our runs in their place, runs of other "
        "models are not looked at.",
        f"A claim is counted over cells, as printed: {HOLDS} where the claimed side is better in every cell "
        "(for claims on most cells, and that something helps: in more than half), "
        f"{PARTLY} where it is better in more cells than it is worse in, else {FAILS}. Equal is not better.",
        "Claims of equality count cells inside and outside the margin in the same way. Claims on counts of "
        f"firsts: {HOLDS} where the share of cells in which the side is best, ties included, is at least the "
        f"printed one, {PARTLY} where it is at least half of it, else {FAILS}.",
        "Our part puts the mean over our seeds, rounded as printed, in the place of SpecAR-Net's published "
        "number and counts again, over the cells that are run; the numbers of the other models stay as "
        f"published. With less than {MIN_SHARE:.0%} of the cells run, the word is “{UNKNOWN}”.",
        "Where both sides are ours, seeds are paired: per cell a paired t test, Holm-corrected over the "
        f"cells of the claim, at level {ALPHA:g}, is given beside the count.",
        "By runs against another model's, on the same test windows and with seeds paired: per dataset, the "
        "mean over the horizons or mask ratios that both have, the difference in percent of the other "
        f"model's, its {SHOWN:.0%} t interval over seeds, and a paired t test, Holm-corrected over the "
        f"datasets. Fewer than {MIN_SEEDS} paired seeds are not tested. The claim is counted over tested "
        "datasets by these tests, one on an average like one on most of them, and speaks of these "
        f"datasets, which stand beside it; with fewer than {MIN_PAIRED_DATASETS} of them, or where none is "
        f"told apart, the word is “{UNKNOWN}”. Claims of equality: inside the margin by TOST, outside by a "
        "one-sided t test.",
        "Over datasets: the mean difference, its t interval, and Wilcoxon's signed-rank test, Holm-corrected "
        "over the claims on the same two models; of five datasets it reaches p = 0.06 at best, of ten 0.002.",
    ]


def rival_rules() -> list[str]:
    """Return what is said of the printed numbers of other models, one sentence each."""
    return [
        "Copied: the paper took the number from another paper, and nothing else is known of it here.",
        "Re-run: runs of the model are there and judge its printed number, by the rules for SpecAR-Net's. "
        f"Contradicted by re-runs: they say {BETTER} or {WORSE}, which takes {MIN_SEEDS} seeds.",
    ]


def saturation_rules() -> list[str]:
    """Return when a cell is called saturated, one sentence each."""
    return [
        f"Linear: {LINEAR}, the mean of its runs, else its printed number. Best result: of any other model, "
        "printed or run.",
        "Saturated: the best result does not beat the better of floor and linear model by more than the "
        f"standard deviation over seeds of our best SpecAR-Net, without one that of {LINEAR}; without both, "
        "does not beat it at all.",
        "Floors are there for cells of the configuration only. Averages are left out.",
    ]


def rank_rules() -> list[str]:
    """Return the rules of the rank tests, one sentence each."""
    return [
        "Printed cells are averaged over horizons or mask ratios first, so that every dataset counts once; "
        "models are ranked per dataset, ties share their mean rank.",
        f"Friedman's test over all models, then Wilcoxon's signed-rank test of every pair, Holm-corrected, "
        f"at level {ALPHA:g}; and of SpecAR-Net against each other model, Holm-corrected by itself.",
        "Beside it, the same without saturated cells: those whose best result hardly beats a baseline or a "
        "linear model.",
        f"A diagram is drawn where the datasets are enough for a p below {ALPHA:g} of SpecAR-Net against "
        "another model; it marks those that are told apart.",
    ]
