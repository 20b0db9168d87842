"""Verdicts, claims and ranks of a plan, as tables for reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from specar.base.beside import beside
from specar.judge.against import Against, against
from specar.judge.claims import claim_table
from specar.judge.own import OwnResults
from specar.judge.ranks import Ranking, pair_table, rank_table, rankings
from specar.judge.saturation import saturation
from specar.judge.verdicts import rivals_of, summary, verdicts_of
from specar.paper.claims import claims
from specar.results.convergence import unconverged_runs
from specar.results.ledger import Ledger


@dataclass(frozen=True)
class Judgement:
    """What our runs say on the paper."""

    verdicts: pd.DataFrame  # see specar.judge.verdicts.verdicts_of
    claims: pd.DataFrame  # see specar.judge.claims.claim_table
    rankings: list[Ranking]  # see specar.judge.ranks.rankings
    unsaturated: list[Ranking]  # the same without saturated cells
    against: Against  # see specar.judge.against.against
    saturation: pd.DataFrame  # see specar.judge.saturation.saturation
    note: str | None = None  # a caution of the configuration

    @cached_property
    def summary(self) -> pd.DataFrame:
        """See `specar.judge.verdicts.summary`."""
        return summary(self.verdicts)

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """See `specar.judge.ranks.rank_table`."""
        return rank_table([*self.rankings, *self.unsaturated])

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """See `specar.judge.ranks.pair_table`."""
        return pair_table([*self.rankings, *self.unsaturated])

    @cached_property
    def rivals(self) -> pd.DataFrame:
        """See `specar.judge.verdicts.rivals_of`."""
        return rivals_of(self.verdicts)


def judge(ledger: Ledger) -> Judgement:
    """Judge what is there of a plan and its ablations; nothing is trained, what is missing is no error."""
    tested = beside(against, ledger.runs)
    plan, ablations = ledger.plan, _ablations(ledger)
    names = [run for runs in ledger.cells["runs"] for run in runs]
    names += [] if ablations is None else [run for runs in ablations["run_ids"] for run in runs.split()]
    unconverged = unconverged_runs(plan, names)
    verdicts = verdicts_of(ledger, unconverged)
    own = OwnResults(verdicts, ledger.runs, ablations, unconverged)
    places = saturation(ledger.cells)
    unsaturated = rankings(verdicts, places[places["saturated"]])
    return Judgement(
        verdicts,
        claim_table(own),
        rankings(verdicts),
        unsaturated,
        tested(),
        places,
        plan.config.note,
    )


def _ablations(ledger: Ledger) -> pd.DataFrame | None:
    """What is run of the ablations that claims are about."""
    plan, claimed = ledger.plan, {claim.ablation for claim in claims()}
    names = [name for name in plan.config.ablations if name in claimed]
    asked = plan.config.run_ablations
    tables = [ledger.ablation(name) for name in names if name in asked or plan.has_ablation(name)]
    done = [table[table["seeds"] > 0] for table in tables if (table["seeds"] > 0).any()]
    return pd.concat(done, ignore_index=True).astype({"top": bool}) if done else None
