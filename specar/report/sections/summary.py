"""The first screen: what was run, how much of the paper is there, and what is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import pandas as pd

from specar.paper.audit.finding import Severity, table_name
from specar.report.context import Context
from specar.report.render import render
from specar.report.runs import Run
from specar.report.section import Section
from specar.report.sections.claims import claims_in_words
from specar.report.sections.verdicts import verdicts_in_words
from specar.tables.changed import changed_settings
from specar.tables.judgement import all_claims, counts_table
from specar.tables.render import fragment

# Findings of a severity, as what they are found among.
_FINDINGS: dict[Severity, str] = {
    "misprint": "misprinted numbers",
    "inconsistent": "numbers that do not fit together",
    "claim": "claims beyond what the tables show",
    "protocol": "points of protocol",
    "label": "colours and names",
}


@dataclass(frozen=True)
class WhatRan:
    """The finished runs: how many of how many, on what, and for how long."""

    total: int
    done: int
    cached: int
    failed: int
    seeds: list[int]
    devices: list[tuple[str, int, float]]

    @property
    def seconds(self) -> float:
        """Wall time of all finished runs, one after the other."""
        return sum(seconds for _, _, seconds in self.devices)


def build(context: Context) -> Section:
    """Return the section."""
    body = render(
        "summary.html.j2",
        ran=what_ran(list(context.runs.runs.values())),
        of_ablations=sum(run.record is not None for run in context.runs.of_ablations.values()),
        counts=fragment(counts_table(context.judgement)),
        claims=fragment(all_claims(context.judgement)),
        claims_in_words=claims_in_words(context.judgement.claims),
        verdicts_in_words=verdicts_in_words(context),
        findings=findings_in_words(context.findings),
        notable=notable(context.findings),
        note=context.plan.config.note,
        remarks=context.plan.remarks,
        changed=list(changed_settings(context.plan.config, context.plan.config.matrix)),
    )
    return Section("summary", "Summary", body)


def findings_in_words(findings: pd.DataFrame) -> str:
    """Return how many findings there are of each severity."""
    counts = findings["severity"].value_counts()
    return ", ".join(f"{counts[name]} {words}" for name, words in _FINDINGS.items() if name in counts)


def notable(findings: pd.DataFrame) -> list[str]:
    """Return sentences on the findings that weigh most on the paper's results."""
    chance = findings[findings["kind"] == "random_scores"].to_dict("records")
    logged = findings[(findings["kind"] == "release_log") & (findings["place"] == "avg")].to_dict("records")
    sets = [f"{row['place']} ({row['printed']} printed, {row['implied']})" for row in chance]
    return [
        *([f"Random scores beat SpecAR-Net's point-adjusted F1 on {' and '.join(sets)}."] if sets else []),
        *(
            f"The authors' released log has an average accuracy of {row['implied']}, where "
            f"{table_name(row['source_table'])} prints {row['printed']}."
            for row in logged
        ),
    ]


def what_ran(runs: list[Run]) -> WhatRan:
    """Count the runs of a plan."""
    done = [run for run in runs if run.record]
    seconds: dict[str, list[float]] = defaultdict(list)
    for run in done:
        seconds[run.device].append(run.seconds)
    states = Counter(run.status.state for run in runs)
    seeds = sorted({run.config.seed for run in done})
    devices = [(name, len(values), sum(values)) for name, values in seconds.items()]
    return WhatRan(len(runs), len(done), states["cached"], states["failed"], seeds, devices)
