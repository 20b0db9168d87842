"""The part of a claim that our own runs say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from specar.judge.claims.cells import OWN_KEY, as_printed, cells_of, in_place
from specar.judge.claims.paired import paired_tests
from specar.judge.claims.recount import Recount, recount
from specar.judge.claims.registry import Claim
from specar.judge.rules import MIN_SEEDS, MIN_SHARE, UNKNOWN
from specar.paper.counts import face_to_face
from specar.paper.numbers import read_published

_PROTOCOL = "published"


@dataclass(frozen=True)
class OwnResults:
    """What we have run, of all models.

    Attributes
    ----------
    verdicts
        See `specar.judge.verdicts.verdicts_of`.
    runs
        Those of `specar.results.ledger.TaskResults`, of all tasks.
    ablations
        A row per cell and level of the ablations, see `specar.results.ablations.ablation_table`; of its
        columns the names of the cell and ``reproduced`` are used. None where there are no ablations.
    """

    verdicts: pd.DataFrame
    runs: pd.DataFrame
    ablations: pd.DataFrame | None = None

    def numbers(self, claim: Claim, model: str) -> pd.DataFrame:
        """Return our means, rounded as printed, for a claim: `OWN_KEY` and ``number``."""
        if claim.ablation is None:
            table = self.verdicts.assign(variant="")
        elif self.ablations is None:
            return pd.DataFrame(columns=[*OWN_KEY, "number"])
        else:
            rows = self.ablations[
                (self.ablations["ablation"] == claim.ablation) & (self.ablations["protocol"] == _PROTOCOL)
            ]
            table = rows.assign(variant=_levels(claim.ablation, rows))
        table = table[(table["model"] == model) & table["reproduced"].notna()]
        numbers = as_printed(table["reproduced"], table["metric"])
        return table.assign(number=numbers)[[*OWN_KEY, "number"]]


def own_recount(claim: Claim, own: OwnResults, model: str) -> Recount:
    """Count a claim again with our means in the place of SpecAR-Net's published numbers."""
    if claim.own_unknown:
        return Recount(UNKNOWN, note=claim.own_unknown)
    cells = cells_of(claim)
    found = recount(claim, in_place(cells, own.numbers(claim, model), claim))
    if found.counts is None:
        return Recount(UNKNOWN, note="not run")
    asked = len(face_to_face(cells, claim.ours, claim.theirs))
    notes = [found.note, _tests(claim, own.runs, cells, model)]
    if found.counts.total < asked:
        notes.insert(0, f"{found.counts.total} of {asked} cells run")
    enough = found.counts.total >= MIN_SHARE * asked
    return replace(found, word=found.word if enough else UNKNOWN, note="; ".join(filter(None, notes)))


def _levels(ablation: str, rows: pd.DataFrame) -> pd.Series[str]:
    """Levels as variants of the cells: of the windows, the one that the paper calls best is ``stated``."""
    levels = rows["level"].astype(str)
    if ablation != "window":
        return levels
    stated = read_published("window_length").set_index("horizon")["best_window"]
    return levels.mask(levels == rows["setting"].map(stated), "stated")


def _tests(claim: Claim, runs: pd.DataFrame, cells: pd.DataFrame, model: str) -> str:
    """The paired tests of a claim on TOP, in words."""
    if claim.ours.keys() != {"top"}:
        return ""
    mine = runs[(runs["model"] == model) & (runs["protocol"] == _PROTOCOL)]
    tests = paired_tests(mine.merge(cells[["task", "dataset", "setting", "metric"]].drop_duplicates()))
    if tests.empty:
        return f"no cell with {MIN_SEEDS} seeds on both sides to test"
    better, worse = (int((tests["verdict"] == word).sum()) for word in ("better", "worse"))
    return (
        f"paired t tests over seeds, Holm-corrected: better in {better}, worse in {worse} of {len(tests)} "
        f"tested cells"
    )
