"""The first screen: what was run, how much of the paper is there, and what is missing; and how to read it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pandas as pd

from specar.judge.claims import PUBLISHED
from specar.paper.audit.finding import Severity, table_name
from specar.paper.claims import FAILS, HOLDS, PARTLY, UNKNOWN
from specar.report.context import Context
from specar.report.runs import Run
from specar.report.section import Section, render
from specar.report.sections.answer import Answer
from specar.tables.judgement import counts_table, whose
from specar.tables.render import fragment
from specar.tables.task_notes import changed_settings

# Findings of a severity, as what they are found among.
_FINDINGS: dict[Severity, str] = {
    "misprint": "misprinted numbers",
    "inconsistent": "numbers that do not fit together",
    "claim": "claims beyond what the tables show",
    "protocol": "points of protocol",
    "label": "colours and names",
}


def summary(context: Context) -> Section:
    """The first screens."""
    body = render(
        "summary.html.j2",
        answer=Answer(context),
        ran=_what_ran(list(context.runs.runs.values())),
        of_ablations=sum(run.record is not None for run in context.runs.of_ablations.values()),
        counts=fragment(counts_table(context.judgement)),
        claims_in_words=_claims_in_words(context.judgement.claims),
        findings=_findings_in_words(context.findings),
        notable=_notable(context.findings),
        note=context.plan.config.note,
        remarks=context.plan.remarks,
        changed=list(changed_settings(context.plan.config, context.plan.config.matrix)),
    )
    return Section("summary", "The answer", body, is_open=True)


def _findings_in_words(findings: pd.DataFrame) -> str:
    counts = findings["severity"].value_counts()
    return ", ".join(f"{counts[name]} {words}" for name, words in _FINDINGS.items() if name in counts)


def _notable(findings: pd.DataFrame) -> list[str]:
    """Sentences on the findings that weigh most on the paper's results."""
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


def _what_ran(runs: list[Run]) -> dict[str, Any]:
    """How many runs are done, with which seeds, on which devices, and for how long."""
    done = [run for run in runs if run.record]
    seconds: dict[str, list[float]] = defaultdict(list)
    for run in done:
        seconds[run.device].append(run.seconds)
    states = Counter(run.status.state for run in runs)
    return {
        "total": len(runs),
        "done": len(done),
        **{state: states[state] for state in ("cached", "failed")},
        "seeds": sorted({run.config.seed for run in done}),
        "devices": [(name, len(values), sum(values)) for name, values in seconds.items()],
        "seconds": sum(sum(values) for values in seconds.values()),
    }


def _claims_in_words(claims: pd.DataFrame) -> list[str]:
    """Sentences on how many claims hold, by whose numbers."""
    found = {whose(str(name)): Counter(rows["word"]) for name, rows in claims.groupby("numbers", sort=False)}
    printed = whose(PUBLISHED)
    known = {by: words for by, words in found.items() if words[UNKNOWN] < words.total()}
    unknown = " and ".join(by for by in found if by not in known)
    return [
        *(f"By {by} {_in_words(words, by == printed)}." for by, words in known.items()),
        *([f"By {unknown} none can be judged yet: too few cells are run."] if unknown else []),
    ]


def _in_words(words: Counter[str], in_itself: bool) -> str:
    """How many claims hold; of printed numbers, how many are consistent ``in_itself``."""
    hold, do_not = ("are consistent in themselves", "are") if in_itself else ("hold", "do")
    return (
        f"{words[HOLDS]} of {words.total()} {hold}, {words[PARTLY]} in part, {words[FAILS]} {do_not} not, "
        f"and {words[UNKNOWN]} cannot be judged"
    )


def reading(context: Context) -> Section:
    """How to read the report: columns, marks, protocols and definitions of the model."""
    runs = context.plan.runs.values()
    protocols, models = sorted({run.protocol for run in runs}), sorted({run.key.model for run in runs})
    body = render("reading.html.j2", protocols=protocols, models=models)
    return Section("reading", "How to read this", body)
