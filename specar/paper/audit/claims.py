"""Claims of the text that the printed tables can be counted against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from specar.paper.audit.finding import Finding, table_name
from specar.paper.audit.printed import Paper
from specar.paper.counts import Counts, count, face_to_face
from specar.paper.numbers import AVERAGES, OURS

_ERRORS = ("mse", "mae")


@dataclass(frozen=True)
class Claim:
    """A claim that one side is better than the other.

    Attributes
    ----------
    statement
        What the text says.
    tables
        Where it is to be seen.
    side
        What is compared, in words.
    ours, theirs
        The sides, as `specar.paper.counts.face_to_face` takes them.
    metrics
        What is counted; empty: all.
    averages
        Whether printed averages count.
    models
        Models that take part; empty: all.
    needs
        Whether the claim is about every cell or about most of them.
    """

    statement: str
    tables: tuple[str, ...]
    side: str
    ours: Mapping[str, str | bool]
    theirs: Mapping[str, str | bool] | None = None
    metrics: tuple[str, ...] = ()
    averages: bool = True
    models: tuple[str, ...] = ()
    needs: Literal["every", "most"] = "every"
    place: str = field(default="")

    def compared(self, numbers: pd.DataFrame) -> pd.DataFrame:
        """Return the cells that count, as `specar.paper.counts.face_to_face` puts them."""
        chosen = numbers["source_table"].isin(self.tables)
        if self.metrics:
            chosen &= numbers["metric"].isin(self.metrics)
        if self.models:
            chosen &= numbers["model"].isin(self.models)
        if not self.averages:
            chosen &= ~numbers["setting"].isin(AVERAGES) & ~numbers["dataset"].isin(AVERAGES)
        return face_to_face(numbers[chosen], self.ours, self.theirs)

    def counts(self, numbers: pd.DataFrame) -> Counts:
        """Count in how many cells it is true."""
        return count(self.compared(numbers)["margin"])

    def holds(self, counts: Counts) -> bool:
        """Whether counts bear the claim out."""
        return counts.everywhere if self.needs == "every" else 2 * counts.better > counts.total


def _backbones() -> Iterator[Claim]:
    said = "MCN has the best results in every experiment (appendix, backbones)"
    for number, metrics in ((1, _ERRORS), (2, ("accuracy",)), (3, ("f1",))):
        for other in ("DCN", "Embed"):
            sides = {"variant": "MCN"}, {"variant": other}
            where = (f"appendix:{number}",)
            yield Claim(said, where, f"MCN against {other}", *sides, metrics=metrics, averages=False)


def _order_preserving() -> Iterator[Claim]:
    for without, with_top, task in (
        (7, 8, "short-term forecasting"),
        (9, 10, "long-term forecasting"),
        (11, 12, "imputation"),
    ):
        yield Claim(
            f"order preserving has a positive role in {task} (Section 4.1)",
            (f"appendix:{without}", f"appendix:{with_top}"),
            "with against without TOP",
            {"source_table": f"appendix:{with_top}", "top": True},
            {"source_table": f"appendix:{without}", "top": False},
            averages=False,
            models=(OURS,),
            needs="most",
        )


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "best performance across all five tasks (Section 4.1)",
        ("main:2",),
        f"{OURS} against the rest",
        {"model": OURS},
    ),
    Claim(
        "optimal performance in anomaly detection (Section 4.1)",
        ("main:3",),
        f"{OURS} against the rest",
        {"model": OURS},
    ),
    Claim(
        "best performance in short-term forecasting (Section 4.1)",
        ("main:4",),
        f"{OURS} against the rest",
        {"model": OURS},
    ),
    Claim(
        "best performance in long-term forecasting (Section 4.1)",
        ("main:5",),
        f"{OURS} against the rest",
        {"model": OURS},
    ),
    Claim(
        "best performance in imputation (Section 4.1)",
        ("main:6",),
        f"{OURS} against the rest",
        {"model": OURS},
    ),
    Claim(
        "TimesNet has lower accuracy on most datasets (Section 4.1)",
        ("appendix:5",),
        f"{OURS} against TimesNet",
        {"model": OURS},
        {"model": "TimesNet"},
        averages=False,
        needs="most",
    ),
    Claim(
        "outperforms the others after mixed training (appendix, unified training)",
        ("appendix:4",),
        f"{OURS} against the rest",
        {"model": OURS, "variant": "unified"},
    ),
    *_backbones(),
    *_order_preserving(),
)


def claims(paper: Paper) -> Iterator[Finding]:
    """Yield claims that the tables do not bear out, with how often they are true."""
    for claim in CLAIMS:
        counts = claim.counts(paper.numbers)
        if counts.total and not claim.holds(counts):
            yield _finding(claim, paper.numbers, counts)
    yield from _chosen_datasets(paper)


def _finding(claim: Claim, numbers: pd.DataFrame, counts: Counts) -> Finding:
    tables = " and ".join(table_name(source) for source in claim.tables)
    compared = claim.compared(numbers)
    lost = compared[compared["margin"] < -1e-9]
    won = compared[(compared["margin"] > 1e-9) & compared["dataset"].isin(AVERAGES)]
    best = "; best on average" if len(won) and len(compared["dataset"].unique()) > 1 else ""
    places = list(dict.fromkeys(lost["dataset"]))
    where = f"{best}; worse on {', '.join(places)}" if len(compared["dataset"].unique()) > 1 else ""
    stated = f"better in {counts.total}" if claim.needs == "every" else "better in most"
    return Finding(
        "claim",
        claim.tables[-1],
        f"all {counts.total} cells",
        claim.side,
        " and ".join(claim.metrics),
        stated,
        str(counts),
        f"the text: {claim.statement}; {tables}, {claim.side}: {counts}{where}",
        "claim",
    )


def _chosen_datasets(paper: Paper) -> Iterator[Finding]:
    """Main Table 2 shows one dataset for a task: how often the model is the best on the others."""
    for table, full, dataset in (("main:2", "appendix:10", "ILI"), ("main:2", "appendix:12", "ETTh1")):
        numbers = paper.numbers
        chosen = (
            (numbers["source_table"] == full) & (numbers["setting"] == "avg") & (numbers["metric"] == "mse")
        )
        compared = face_to_face(numbers[chosen], {"model": OURS})
        counts = count(compared["margin"])
        if counts.total and not counts.everywhere:
            yield Finding(
                "claim",
                table,
                dataset,
                OURS,
                "mse",
                "better in all tasks",
                str(counts),
                f"{table_name(table)} stands for the task by {dataset} alone; of the {counts.total} datasets "
                f"in {table_name(full)} {OURS} is {counts} (average MSE)",
                "claim",
            )
