"""The rules of all verdicts, fixed without a look at any result: numbers, and the same in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from specar.paper.metrics import METRICS

ALPHA = 0.05  # level of every test
SHOWN = 0.95  # confidence of the intervals that are shown
TESTED = 1 - 2 * ALPHA  # of the intervals that decide: two one-sided tests at ALPHA are this interval
MIN_SEEDS = 2  # a test needs a standard deviation
MIN_SHARE = 0.5  # share of a claim's cells that has to be done before our runs say a word on it
MIN_DATASETS = 5  # fewer datasets are not ranked in a diagram

REPRODUCED, BETTER, WORSE = "reproduced", "better", "worse"
INCONCLUSIVE, NOT_RUN = "inconclusive", "not run"
VERDICTS = (REPRODUCED, BETTER, WORSE, INCONCLUSIVE, NOT_RUN)

HOLDS, PARTLY, FAILS, UNKNOWN = "holds", "partly", "does not hold", "cannot be judged"
WORDS = (HOLDS, PARTLY, FAILS, UNKNOWN)


@dataclass(frozen=True)
class Margin:
    """How far a result may lie from the published one to count as the same.

    Attributes
    ----------
    text
        The margin in words.
    share, amount
        A share of the published value, and an amount in its unit.
    """

    text: str
    share: float = 0.0
    amount: float = 0.0

    def at(self, published: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the margin at published values, in their unit."""
        values = np.abs(np.asarray(published, dtype=np.float64))
        return np.add(self.share * values, self.amount)


_PERCENT = Margin("±3 %", share=0.03)
_POINT = Margin("±1 point", amount=1.0)
_SMAPE = Margin("±0.3", amount=0.3)


def margin_of(metric: str) -> Margin:
    """Return the equivalence margin of a metric."""
    if metric == "smape":
        return _SMAPE
    return _POINT if METRICS[metric].percent else _PERCENT


def margins_in_words(metrics: Iterable[str]) -> str:
    """Return the margins of ``metrics``, each once, with their metrics where they differ."""
    names: dict[str, list[str]] = {}
    for metric in metrics:
        names.setdefault(margin_of(metric).text, []).append(METRICS[metric].label)
    if len(names) == 1:
        return next(iter(names))
    return ", ".join(f"{text} ({_listed(labels)})" for text, labels in names.items())


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def rounding(printed: str) -> float:
    """Return half a unit of the last printed digit: by so much a printed number may differ from its value."""
    _, _, decimals = printed.strip().partition(".")
    return float(0.5 * 10.0 ** -len(decimals))


def cell_rules() -> list[str]:
    """Return the rules of the verdicts on cells, one sentence each."""
    printed = ["mse", "mae", "mase", "owa", "accuracy", "precision", "recall", "f1", "smape"]
    return [
        f"Margins around a published value: {margins_in_words(printed)}; relative margins are a share of "
        "the published value.",
        "Every margin is widened by half a unit of the last printed digit, since any value in that range is "
        "printed alike; the doubt benefits the paper.",
        "The published value is a single run of unknown spread. It is taken as a fixed number; the seeds of "
        "our runs are the sample.",
        f"{REPRODUCED}: the mean over seeds is equivalent to the published value, by two one-sided t tests "
        f"(TOST) at level {ALPHA:g}, which is that its {TESTED:.0%} t interval lies inside the margin; also "
        "where the difference is significant but inside the margin.",
        f"{BETTER}, {WORSE}: the {TESTED:.0%} t interval lies beyond the margin, on the good or bad side of "
        "the metric (one-sided t test at the same level).",
        f"{INCONCLUSIVE}: runs are there, but the interval covers an end of the margin, or there are fewer "
        f"than {MIN_SEEDS} seeds: a single run is not tested, its deviation is only said to be inside or "
        "outside the margin.",
        f"{NOT_RUN}: no run of the cell is done (missing, failed or not asked for), or, for an average, a "
        "part or seed of it is missing.",
        "Seeds that all give the same value have no spread: their value is compared with the margin itself.",
        f"Intervals that are shown are {SHOWN:.0%} t intervals of the mean over seeds.",
        "No verdict is corrected for the number of cells: of cells whose true mean lies at an end of the "
        f"margin, up to {ALPHA:.0%} are called {REPRODUCED}, and as many beyond.",
    ]


def claim_rules() -> list[str]:
    """Return the rules of the verdicts on claims, one sentence each."""
    return [
        f"A claim is counted over cells, as printed: {HOLDS} where the claimed side is better in every cell "
        "(for claims on most cells: in more than half), "
        f"{PARTLY} where it is better in more cells than it is worse in, else {FAILS}. Equal is not better.",
        "Claims of equality count cells inside and outside the margin in the same way. Claims on counts of "
        f"firsts: {HOLDS} where the share of cells in which the side is best, ties included, is at least the "
        f"printed one, {PARTLY} where it is at least half of it, else {FAILS}.",
        "Our part puts the mean over our seeds, rounded as printed, in the place of SpecAR-Net's published "
        "number and counts again, over the cells that are run; the numbers of the other models stay as "
        f"published. With less than {MIN_SHARE:.0%} of the cells run, it is {UNKNOWN}.",
        "Where both sides are ours, seeds are paired: per cell a paired t test, Holm-corrected over the "
        f"cells of the claim, at level {ALPHA:g}, is given beside the count.",
    ]


def rank_rules() -> list[str]:
    """Return the rules of the rank tests, one sentence each."""
    return [
        "Printed cells are averaged over horizons or mask ratios first, so that every dataset counts once; "
        "models are ranked per dataset, ties share their mean rank.",
        f"Friedman's test over all models, then Wilcoxon's signed-rank test of every pair, Holm-corrected, "
        f"at level {ALPHA:g}; and of SpecAR-Net against each other model, Holm-corrected by itself.",
        f"A diagram is drawn for at least {MIN_DATASETS} datasets; its bars join models of which no pair is "
        "told apart.",
    ]
