"""Verdicts, claims and ranks of a plan, as tables for reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from specar.judge.claims.own import OwnResults
from specar.judge.claims.registry import CLAIMS
from specar.judge.claims.table import claim_table
from specar.judge.ranks import Ranking, pair_table, rank_table, rankings
from specar.judge.verdicts import joined, summary, verdicts_of
from specar.results.ablations import ablation_table
from specar.results.ledger import TaskResults, results_of
from specar.results.statistics import CELL
from specar.runs.plan import Plan

_CLAIMED = {claim.ablation for claim in CLAIMS}


@dataclass(frozen=True)
class Judgement:
    """What our runs say on the paper.

    Attributes
    ----------
    verdicts
        A row per published cell and model: see `specar.judge.verdicts.verdicts_of`.
    claims
        A row per claim and side: see `specar.judge.claims.table.claim_table`.
    rankings
        The rankings over datasets: see `specar.judge.ranks.rankings`.
    note
        A caution of the configuration, if any.
    """

    verdicts: pd.DataFrame
    claims: pd.DataFrame
    rankings: list[Ranking]
    note: str | None = None

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Numbers of verdicts: see `specar.judge.verdicts.summary`."""
        return summary(self.verdicts)

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """The rankings as a table: see `specar.judge.ranks.rank_table`."""
        return rank_table(self.rankings)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The tests of all pairs of models: see `specar.judge.ranks.pair_table`."""
        return pair_table(self.rankings)


def judge(plan: Plan, results: Iterable[TaskResults] = ()) -> Judgement:
    """Judge what is there of a plan and its ablations; nothing is trained, what is missing is no error.

    ``results`` are those of all tasks, where they have been read already.
    """
    results = list(results) or [results_of(plan, task) for task in plan.tasks]
    verdicts = joined(map(verdicts_of, results))
    runs = pd.concat([found.runs for found in results], ignore_index=True)
    own = OwnResults(verdicts, runs, _ablations(plan))
    return Judgement(verdicts, claim_table(own), rankings(verdicts), plan.config.note)


def _ablations(plan: Plan) -> pd.DataFrame | None:
    """What is run of the ablations that claims are about."""
    tables = [ablation_table(plan, name) for name in plan.started_ablations if name in _CLAIMED]
    columns = ["ablation", "level", *CELL, "reproduced"]
    done = [table.loc[table["seeds"] > 0, columns] for table in tables if (table["seeds"] > 0).any()]
    return pd.concat(done, ignore_index=True) if done else None
