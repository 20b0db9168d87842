"""The claims of the paper, each with one rule, counted over printed numbers or over ours in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import pandas as pd

from specar.base.safe_yaml import read_builtin
from specar.config.tasks import TASK_INFO
from specar.paper.counts import Counts, count, face_to_face
from specar.paper.metrics import margin_of
from specar.paper.numbers import AVERAGES, COLUMNS, OURS, averages, cells_of, read_published

HOLDS, PARTLY, FAILS, UNKNOWN = "holds", "partly", "does not hold", "cannot be judged"
WORDS = (HOLDS, PARTLY, FAILS, UNKNOWN)
Side = Mapping[str, str | bool]
# What better, equal and worse are called where a claim is not about being better.
_COUNTED = {
    "equal": ("inside the margin", "", "outside of it"),
    "count": ("best alone", "best with others", "not best"),
}


@dataclass(frozen=True, eq=False)
class Claim:
    """A claim and how it is counted; the sides are those of `specar.paper.counts.face_to_face`."""

    id: str
    title: str
    place: str
    statement: str  # what is counted, in words
    tables: list[str]  # source_table of the cells; headline and window are made of other files
    quote: str = ""  # none of the appendix, which is quoted by its numbers only
    ours: Side = field(default_factory=lambda: {"model": OURS})
    theirs: Side | None = None  # None: the best of the rest
    # How it is counted over datasets by runs of both sides: every, most or equal; None: it is not.
    runs: Literal["every", "most", "equal"] | None = None
    # Better in every or in most cells; count: best, ties included, as often as printed; equal: in the margin.
    rule: Literal["every", "most", "count", "equal"] = "every"
    cells: Literal["all", "parts", "averages"] = "all"  # averages are over settings or datasets
    metrics: list[str] = field(default_factory=list)  # empty for all
    side: str = ""  # what ours is called where it is not the value of its first column
    ablation: str | None = None  # whose levels our part takes for variant; None: the runs of the plan
    unknown: str | None = None  # why the published part cannot be judged at all
    own_unknown: str | None = None  # and why ours cannot

    @property
    def sides(self) -> str:
        return f"{self.side or _called(self.ours)} against {_called(self.theirs)}"


@dataclass(frozen=True)
class Recount:
    """A claim's word (of `WORDS`) with what it follows from; ``counts`` is None where nothing was counted.

    For claims of equality, better is inside the margin and worse outside.
    """

    word: str
    counts: Counts | None = None
    note: str = ""


@cache
def claims() -> tuple[Claim, ...]:
    """Return all claims, in the order of the paper."""
    return tuple(Claim(name, **entry) for name, entry in read_builtin("specar.paper", "claims.yaml").items())


def published_recount(claim: Claim, numbers: pd.DataFrame | None = None) -> Recount:
    """Count a claim over the paper's own numbers, misprints included; ``numbers`` as of `cells_of`."""
    if claim.unknown:
        return Recount(UNKNOWN, note=claim.unknown)
    return recount(claim, claim_cells(claim, numbers))


def claim_cells(claim: Claim, numbers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the printed cells of both sides, without ``source_table``: two tables may have the same cell."""
    made = {"headline": _headline, "window": _window}.get(claim.tables[0])
    cells = made(numbers) if made else cells_of(*claim.tables, numbers=numbers)
    if "top" in claim.ours:
        cells = cells[cells["model"] == OURS]
    if claim.metrics:
        cells = cells[cells["metric"].isin(claim.metrics)]
    if claim.cells != "all":
        cells = cells[averages(cells) == (claim.cells == "averages")]
    return cells.assign(source_table="").reset_index(drop=True)


def recount(claim: Claim, cells: pd.DataFrame) -> Recount:
    """Count a claim over cells, as `claim_cells` gives them."""
    counts = count(compared(claim, cells)["margin"])
    if counts.total == 0:
        return Recount(UNKNOWN, note="no cell to count")
    if claim.rule == "count":
        return _against_printed_count(claim, counts)
    return Recount(word_of(counts, claim.rule), counts)


def word_of(counts: Counts, rule: str) -> str:
    """Return the word of a claim of rule ``most``, or else of one on every cell."""
    enough = 2 * counts.better > counts.total if rule == "most" else counts.everywhere
    return HOLDS if enough else PARTLY if counts.better > counts.worse else FAILS


def compared(claim: Claim, cells: pd.DataFrame) -> pd.DataFrame:
    """Set the sides face to face; of claims of equality, ``margin`` is how far inside of it they differ."""
    pairs = face_to_face(cells, claim.ours, claim.theirs)
    if claim.rule != "equal":
        return pairs
    published = zip(pairs["metric"], pairs["theirs"], strict=True)
    rooms = [float(margin_of(metric).at(number)) for metric, number in published]
    left = pd.Series(rooms, pairs.index, dtype=float) - (pairs["ours"] - pairs["theirs"]).abs()
    return pairs.assign(margin=left.mask(left.abs() < 1e-8, 1e-8))  # on its end is inside


def in_words(rule: str, counts: Counts) -> str:
    """Return the counts of a claim of a rule in words."""
    words = _COUNTED.get(rule, ("better", "equal", "worse"))
    numbers = (counts.better, counts.equal, counts.worse)
    return ", ".join(f"{word} in {number}" for word, number in zip(words, numbers, strict=True) if word)


def printed_count(claim: Claim) -> tuple[int, int]:
    """Return how often a claim of rule ``count`` says that it is best, and of how many cells."""
    table = read_published("first_counts")
    column = claim.ours.get("variant", OURS)
    rows = table[(table["source_table"] == claim.tables[0]) & (table["column"] == column)]
    return int(rows["printed_count"].item()), asked(claim)


@cache
def asked(claim: Claim) -> int:
    """Return over how many cells a claim is counted where all are there."""
    return len(compared(claim, claim_cells(claim)))


def _against_printed_count(claim: Claim, counts: Counts) -> Recount:
    best = counts.better + counts.equal
    printed, cells = printed_count(claim)
    share, claimed = best / counts.total, printed / cells
    word = HOLDS if share >= claimed else PARTLY if 2 * share >= claimed else FAILS
    return Recount(word, counts, f"best in {best} of {counts.total}; printed count: {printed} of {cells}")


def _called(side: Side | None) -> str:
    if side is None:
        return "the rest"
    name, value = next(iter(side.items()))
    return str(value) if name != "top" else "with TOP" if value else "without TOP"


def _headline(numbers: pd.DataFrame | None) -> pd.DataFrame:
    """Table 2's numbers of SpecAR-Net, printed and recomputed from the cells behind them."""
    printed = cells_of("main:2", numbers=numbers).query("model == @OURS")
    parts = cells_of(*(f"appendix:{number}" for number in (5, 6, 8, 10, 12)), numbers=numbers)
    parts = parts[(parts["model"] == OURS) & ~averages(parts)]
    recomputed = [_mean_of_parts(parts, *row) for row in printed[["task", "dataset", "metric"]].to_numpy()]
    return pd.concat([printed.assign(model="printed"), printed.assign(number=recomputed)])


def _mean_of_parts(parts: pd.DataFrame, task: str, dataset: str, metric: str) -> float:
    if TASK_INFO[task].weighted:
        return float("nan")
    rows = parts[(parts["task"] == task) & (parts["metric"] == metric)]
    return float(rows.loc[(rows["dataset"] == dataset) | (dataset in AVERAGES), "number"].mean())


def _window(_: pd.DataFrame | None) -> pd.DataFrame:
    """Figure 5 without its errors: a row per horizon and window, the stated best one as ``stated``."""
    rows = [
        {
            "task": "long_term_forecast", "dataset": row.dataset, "setting": row.horizon, "top": False,
            "model": OURS, "variant": "stated" if window == row.best_window else window, "metric": "mse",
        }
        for row in read_published("window_length").itertuples()
        for window in str(row.candidate_windows).split(";")
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=COLUMNS)
