"""What the sections of the report are made from, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from markupsafe import Markup

from specar.judge.judgement import Judgement, judge
from specar.paper.audit.checks import audit
from specar.paper.audit.outside import with_floors
from specar.paper.audit.printed import Paper
from specar.report.runs import RunIndex
from specar.results.ledger import Ledger, ledger_of
from specar.results.rows import FAILED
from specar.runs.plan import Plan
from specar.tables.render import fragment
from specar.tables.table import OWN, Cell, Table


@dataclass(frozen=True)
class Context:
    """The plan, its ledger, its runs and their places in the page, verdicts, and findings on the paper."""

    plan: Plan

    @cached_property
    def ledger(self) -> Ledger:
        """Every number of the plan."""
        return ledger_of(self.plan)

    @cached_property
    def runs(self) -> RunIndex:
        """The runs of the plan."""
        return RunIndex(self.plan)

    @cached_property
    def judgement(self) -> Judgement:
        """Verdicts on the published cells, on the claims of the paper, and ranks."""
        return judge(self.ledger)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Findings of the audit of the paper."""
        return audit(with_floors(Paper(), self.plan))

    def linked(self, table: Table, level: int = 3) -> Markup:
        """Return a table with its heading; its numbers lead to the records of their runs."""

        def link(cell: Cell) -> str | None:
            behind = {OWN: cell.runs, FAILED: cell.failed}
            return self.runs.target(behind.get(cell.kind, ()))

        return fragment(table, link, level)
