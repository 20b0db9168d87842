"""The tables over the whole plan by name, and who makes each. Imports nothing heavy, for the workflow."""

from __future__ import annotations

from specar.paper import TABLE_IDS

# Of a ledger, with the table's name and the cells that the audit lists; they go into the folder ``paper``.
TABLES = dict.fromkeys(TABLE_IDS, "specar.tables.paper:paper_page")
# Of the judgement.
JUDGED = {
    "verdicts": "specar.tables.judgement:verdicts_page",
    "rivals": "specar.tables.judgement:rivals_page",
    "claims": "specar.tables.judgement:claims_page",
    "against": "specar.tables.comparisons:against_page",
    "ranks": "specar.tables.judgement:ranks_page",
    "saturation": "specar.tables.comparisons:saturation_page",
}
