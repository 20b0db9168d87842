"""The first screen: what was run, how much of the paper is there, and what is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from specar.judge.rules import WORDS
from specar.report.context import Context
from specar.report.render import render
from specar.report.runs import Run
from specar.report.section import Section
from specar.report.sections.claims import claim_header, claim_rows, judged_claims, words_by_numbers
from specar.report.sections.verdicts import COUNTS, counted


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
    claims = judged_claims(context)
    body = render(
        "summary.html.j2",
        ran=what_ran(list(context.runs.runs.values())),
        header=COUNTS,
        rows=counted(context),
        claims=claim_rows(claims),
        claim_header=claim_header(claims),
        words=["Claims by", *map(str.capitalize, WORDS)],
        by_numbers=words_by_numbers(claims),
        note=context.plan.config.note,
        remarks=context.plan.remarks,
    )
    return Section("summary", "Summary", body)


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
