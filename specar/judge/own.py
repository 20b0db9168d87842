"""The part of a claim that our own runs of SpecAR-Net say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pandas as pd

from specar.judge.rank_tests import paired_tests
from specar.judge.rules import MIN_SEEDS, MIN_SHARE, PROTOCOL
from specar.paper.claims import UNKNOWN, Claim, Recount, asked, claim_cells, recount
from specar.paper.metrics import METRICS
from specar.paper.numbers import COLUMNS, OURS, read_published
from specar.results.convergence import NOT_CONVERGED

# What identifies one of our numbers; variant is a level of an ablation.
_KEY = ["task", "dataset", "setting", "top", "variant", "metric"]
_CELL = ["task", "dataset", "setting", "metric"]
_NUMBERS = [*_KEY, "number", "runs"]


@dataclass(frozen=True)
class OwnResults:
    """What we have run of SpecAR-Net; other models are left out."""

    verdicts: pd.DataFrame  # see specar.judge.verdicts.verdicts_of
    runs: pd.DataFrame  # those of the Ledger
    ablations: pd.DataFrame | None = None  # see specar.results.ablations.ablation_table
    unconverged: frozenset[str] = field(default_factory=frozenset)  # ids of runs that ended too early

    @property
    def labels(self) -> list[str]:
        """Labels of SpecAR-Net in the plan."""
        return list(dict.fromkeys(self.runs.loc[self.runs["published_as"] == OURS, "model"]))

    def numbers(self, claim: Claim, label: str) -> pd.DataFrame:
        """Return our means, rounded as printed, for a claim, with the ids of their runs: `_NUMBERS`."""
        if claim.ablation is None:
            table = self.verdicts[self.verdicts["published_as"] == OURS].assign(variant="")
        elif self.ablations is None:
            return pd.DataFrame(columns=_NUMBERS)
        else:
            rows = self.ablations["ablation"] == claim.ablation
            table = self.ablations[rows & (self.ablations["protocol"] == PROTOCOL)]
            table = table.assign(variant=_levels(claim.ablation, table), runs=table["run_ids"])
        table = table[(table["model"] == label) & table["ours"].notna()]
        pairs = zip(table["ours"], table["metric"], strict=True)
        rounded = [round(value, METRICS[metric].decimals) for value, metric in pairs]
        return table.assign(number=pd.Series(rounded, table.index, dtype=float))[_NUMBERS]


def own_recount(claim: Claim, own: OwnResults, label: str) -> Recount:
    """Count a claim again with our means in the place of SpecAR-Net's published numbers."""
    if claim.own_unknown:
        return Recount(UNKNOWN, note=claim.own_unknown)
    cells = claim_cells(claim)
    ours = in_place(cells, own.numbers(claim, label), claim)
    found = recount(claim, ours[COLUMNS])
    if found.counts is None:
        return Recount(UNKNOWN, note="not run")
    notes = [found.note, _tests(claim, own.runs, cells, label), _unconverged(ours, own.unconverged)]
    if found.counts.total < asked(claim):
        notes.insert(0, f"{found.counts.total} of {asked(claim)} cells run")
    enough = found.counts.total >= MIN_SHARE * asked(claim)
    return replace(found, word=found.word if enough else UNKNOWN, note="; ".join(filter(None, notes)))


def in_place(cells: pd.DataFrame, own: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """Return cells (see `claim_cells`) with our numbers for those of SpecAR-Net, and ``runs``.

    A cell that lacks one of our numbers that it needs, of any side, is left out. Without an ablation,
    ``variant`` is not looked at.
    """
    keys = [key for key in _KEY if claim.ablation or key != "variant"]
    place = [*_CELL, *(["top"] if "top" not in claim.ours else [])]
    merged = cells.merge(own[[*keys, "number", "runs"]], how="left", on=keys, suffixes=("", "_own"))
    ours = merged["model"] == OURS
    numbers = merged["number"].where(~ours, merged["number_own"])
    missing = numbers.isna().groupby([merged[name] for name in place]).transform("any")
    return merged.assign(number=numbers, runs=merged["runs"].where(ours))[~missing]


def _levels(ablation: str, rows: pd.DataFrame) -> pd.Series[str]:
    """Levels as variants of the cells: of the windows, the one that the paper calls best is ``stated``."""
    levels = rows["level"].astype(str)
    if ablation != "window":
        return levels
    stated = read_published("window_length").set_index("horizon")["best_window"]
    return levels.mask(levels == rows["setting"].map(stated), "stated")


def _unconverged(ours: pd.DataFrame, names: frozenset[str]) -> str:
    behind = {name for runs in ours["runs"].dropna() for name in runs.split()}
    stopped = len(behind & names)
    return f"{NOT_CONVERGED}: {stopped} of the {len(behind)} runs behind it" if stopped else ""


def _tests(claim: Claim, runs: pd.DataFrame, cells: pd.DataFrame, label: str) -> str:
    """The paired tests of a claim on TOP, in words."""
    if "top" not in claim.ours:
        return ""
    mine = runs[(runs["model"] == label) & (runs["protocol"] == PROTOCOL)]
    tests = paired_tests(mine.merge(cells[_CELL].drop_duplicates()))
    if tests.empty:
        return f"no cell with {MIN_SEEDS} seeds on both sides to test"
    better, worse = (int((tests["verdict"] == word).sum()) for word in ("better", "worse"))
    return (
        f"paired t tests over seeds, Holm-corrected: better in {better}, worse in {worse} of {len(tests)} "
        f"tested cells"
    )
