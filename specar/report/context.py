"""What the sections of the report are made from, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from specar.judge.judgement import Judgement, judge
from specar.paper.audit import Paper, audit, flagged_cells
from specar.paper.audit.protocol import with_floors
from specar.report.runs import RunIndex
from specar.results.ledger import Ledger, ledger_of
from specar.runs.plan import Plan
from specar.tables.paper_cells import FlaggedKey, flagged_keys


@dataclass(frozen=True)
class Context:
    """The plan, its ledger, its runs, and the findings on the paper."""

    plan: Plan

    @cached_property
    def ledger(self) -> Ledger:
        """Every number of the plan."""
        return ledger_of(self.plan)

    @cached_property
    def runs(self) -> RunIndex:
        """The runs of the plan and their places in the page."""
        return RunIndex(self.plan)

    @cached_property
    def judgement(self) -> Judgement:
        """Verdicts on the published cells, on the claims of the paper, and ranks."""
        return judge(self.ledger)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Findings of the audit of the paper (see `specar.paper.audit.audit`)."""
        return audit(with_floors(Paper(), self.plan))

    @cached_property
    def flagged(self) -> set[FlaggedKey]:
        """Printed cells that the audit casts doubt on."""
        return flagged_keys(flagged_cells(self.findings))
