"""The claims of the paper that its numbers, or ours, can bear out or refute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from specar.paper.numbers import OURS

Rule = Literal["every", "most", "count", "equal"]
Cells = Literal["all", "parts", "averages"]


@dataclass(frozen=True)
class Claim:
    """A claim and how it is counted.

    Attributes
    ----------
    id, title
        Its name, and what it says in a few words.
    place, quote
        Where it stands, and its words; no words for the appendix, which is quoted by its numbers only.
    statement
        What is counted, in words.
    tables
        ``source_table`` of the cells; ``headline``, ``window`` and ``hop`` are made of other files.
    ours, theirs
        Columns and values that make a row one of a side, see `specar.paper.counts.face_to_face`. Without
        ``theirs`` the other side is the best of the rest.
    rule
        ``every`` or ``most`` cells better; ``count``: best, ties included, as often as printed; ``equal``:
        inside the margin.
    cells
        Which of them: averages over settings or datasets, the parts, or all.
    metrics
        Their metrics; empty for all.
    ablation
        Ablation whose levels our part takes the place of ``variant`` from; None: the runs of the plan.
    unknown, own_unknown
        Why the published or our part cannot be judged at all, if so.
    """

    id: str
    title: str
    place: str
    quote: str
    statement: str
    tables: tuple[str, ...]
    ours: Mapping[str, str | bool] = field(default_factory=lambda: {"model": OURS})
    theirs: Mapping[str, str | bool] | None = None
    rule: Rule = "every"
    cells: Cells = "all"
    metrics: tuple[str, ...] = ()
    ablation: str | None = None
    unknown: str | None = None
    own_unknown: str | None = None


_MCN = {"variant": "MCN"}
_WITH, _WITHOUT = {"top": True}, {"top": False}
_TIMESNET = {"model": "TimesNet"}
_RIVALS = {"DCN": "two real channels", "Embed": "the embedding alone"}
_BACKBONE_TABLES: tuple[tuple[int, str, str, tuple[str, ...]], ...] = (
    (1, "imputation", "imputation", ("mse", "mae")),
    (2, "classification", "classification", ("accuracy",)),
    (3, "anomaly", "anomaly detection (F1)", ("f1",)),
)
_COUNT_ROWS = {
    "9": "long-term forecasting without TOP",
    "10": "long-term forecasting with TOP",
    "11": "imputation without TOP",
    "12": "imputation with TOP",
}

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "best-overall",
        "Best in all five tasks",
        "Section 4.1, Table 2",
        "SpecAR-Net has achieved the best performance across all 5 tasks",
        "Better than every other model in each of the five headline numbers.",
        ("main:2",),
    ),
    Claim(
        "headline",
        "The five headline numbers",
        "Table 2",
        "",
        "The five headline numbers are what the cells behind them give, and what our runs give (M4's can "
        "not be averaged from printed cells).",
        ("headline",),
        theirs={"model": "printed"},
        rule="equal",
    ),
    Claim(
        "classification-average",
        "Best average accuracy",
        "Section 4.1, Figure 3",
        "with an average classification accuracy of 74.7%, surpassing other SoTA methods such as TimesNet "
        "(73.6%) and Flowformer (73%)",
        "Average accuracy above that of every other model of appendix Table 5.",
        ("appendix:5",),
        cells="averages",
    ),
    Claim(
        "classification-timesnet",
        "Better than TimesNet on most UEA sets",
        "Section 4.1",
        "TimesNet exhibits lower classification accuracy on most datasets",
        "Better than TimesNet on more than half of the ten sets.",
        ("appendix:5",),
        theirs=_TIMESNET,
        rule="most",
        cells="parts",
    ),
    Claim(
        "anomaly-average",
        "Best average F1",
        "Section 4.1, Table 3",
        "our method achieved the optimal performance in the anomaly detection task, outperforming other "
        "comparative methods",
        "Average F1 above that of every other model.",
        ("main:3",),
        cells="averages",
    ),
    Claim(
        "anomaly-sets",
        "Best F1 on every anomaly set",
        "Section 4.1, Table 3",
        "our method achieved the optimal performance in the anomaly detection task, outperforming other "
        "comparative methods",
        "F1 above that of every other model on each of the five sets.",
        ("main:3",),
        cells="parts",
    ),
    Claim(
        "short-term-best",
        "Best in short-term forecasting",
        "Section 4.1, Table 4",
        "As shown in Tab. 4 and 5, our method achieves the best performance in both long- and short-term "
        "forecasting",
        "Better than every other model in sMAPE, MASE and OWA of the M4 average, with TOP.",
        ("main:4",),
    ),
    Claim(
        "long-term-best",
        "Best in long-term forecasting",
        "Section 4.1, Table 5",
        "As shown in Tab. 4 and 5, our method achieves the best performance in both long- and short-term "
        "forecasting",
        "Better than every other model in MSE and MAE of each dataset, averaged over horizons, with TOP.",
        ("main:5",),
    ),
    Claim(
        "imputation-best",
        "Best in imputation",
        "Section 4.1, Table 6",
        "after incorporating order-preserving, where SpecAR-Net achieves the best performance",
        "Better than every other model in MSE and MAE of each dataset, averaged over mask ratios, with TOP.",
        ("main:6",),
    ),
    *(
        Claim(
            f"count-table-{number}",
            f"Firsts counted, appendix Table {number}",
            f"appendix Table {number}, last row",
            "",
            f"As often the best of all models as the count of firsts says, in {words} (ties count).",
            (f"appendix:{number}",),
            rule="count",
            cells="parts",
        )
        for number, words in _COUNT_ROWS.items()
    ),
    Claim(
        "count-table-1",
        "Firsts counted, appendix Table 1",
        "appendix Table 1, last row",
        "",
        "MCN is as often the best of the three backbones as the count of firsts says (ties count).",
        ("appendix:1",),
        ours=_MCN,
        rule="count",
        ablation="backbone",
    ),
    Claim(
        "top-long-term",
        "TOP helps long-term forecasting",
        "Section 4.1",
        "indicating a positive role of the “order” information in time series forecasting",
        "With TOP better than without in MSE and MAE of every dataset and horizon (appendix Tables 9, 10).",
        ("appendix:9", "appendix:10"),
        ours=_WITH,
        theirs=_WITHOUT,
        cells="parts",
    ),
    Claim(
        "top-short-term",
        "TOP helps short-term forecasting",
        "Section 4.1",
        "indicating a positive role of the “order” information in time series forecasting",
        "With TOP better than without in every number of M4 (appendix Tables 7 and 8).",
        ("appendix:7", "appendix:8"),
        ours=_WITH,
        theirs=_WITHOUT,
    ),
    Claim(
        "top-imputation",
        "TOP helps imputation",
        "Section 4.1",
        "the monotonicity constraint is beneficial for capturing the global trend patterns",
        "With TOP better than without in MSE and MAE of every dataset and mask ratio (appendix Tables 11 "
        "and 12).",
        ("appendix:11", "appendix:12"),
        ours=_WITH,
        theirs=_WITHOUT,
        cells="parts",
    ),
    Claim(
        "imputation-timesnet",
        "Without TOP equal to TimesNet in imputation",
        "Section 4.1",
        "SpecAR-Net exhibits consistent performance with TimesNet",
        "Without TOP inside the margin around TimesNet in every dataset and mask ratio (appendix Table 11).",
        ("appendix:11",),
        theirs=_TIMESNET,
        rule="equal",
        cells="parts",
    ),
    *(
        Claim(
            f"backbone-{task}-{rival.lower()}",
            f"MCN better than {rival}, {words}",
            f"appendix, text on Table {number}",
            "",
            f"Complex convolutions (MCN) better than {_RIVALS[rival]} ({rival}) in every experiment of "
            f"{words}.",
            (f"appendix:{number}",),
            ours=_MCN,
            theirs={"variant": rival},
            cells="parts",
            metrics=metrics,
            ablation="backbone",
        )
        for number, task, words, metrics in _BACKBONE_TABLES
        for rival in _RIVALS
    ),
    Claim(
        "parameters",
        "Better with fewer parameters",
        "Section 4.2, Figure 4",
        "better performance can be obtained by our method in the condition of less learnable parameters",
        "Better than the compared models with fewer parameters.",
        (),
        unknown="the figure's numbers are not printed",
        own_unknown="the other models have not been run",
    ),
    Claim(
        "window",
        "Best window lengths",
        "Section 4.2, Figure 5",
        "SpecAR-Net achieves optimal performance when the prediction lengths are [96, 192, 336, 720], "
        "corresponding to window lengths with [4, 24, 192, 192]",
        "On Exchange, the stated window has the lowest MSE of all eight at every horizon.",
        ("window",),
        ours={"variant": "stated"},
        ablation="window",
        unknown="the figure's errors are not printed, only the best windows",
    ),
    Claim(
        "hop",
        "Hop length 1 is best",
        "appendix Figure 1",
        "",
        "Hop length 1 better than every longer one on PEMS-SF and at each horizon of ETTh2 (read off the "
        "figure to 0.001).",
        ("hop",),
        ours={"variant": "1"},
        ablation="hop",
    ),
    Claim(
        "unified",
        "One model for four datasets is best",
        "appendix, text on Table 4",
        "",
        "One SpecAR-Net for all four ETT sets better than every other column of the table, trained jointly "
        "or independently.",
        ("appendix:4",),
        ours={"model": OURS, "variant": "unified"},
        ablation="unified",
    ),
)
