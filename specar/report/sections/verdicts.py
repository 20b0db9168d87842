"""The verdict on every published cell that has runs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from specar.config.tasks import TASK_INFO
from specar.judge.rules import NOT_RUN, SHOWN, VERDICTS, cell_rules
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.render import badge, render
from specar.report.section import Section

_INTERVAL = f"{SHOWN:.0%} interval"
_NAMES = 5  # first columns, that name a row
HEADER: list[str | Markup] = [
    *("Dataset", "Setting", "TOP", "Model", "Metric", "Published", "Reproduced", _INTERVAL, "Seeds"),
    *("Margin ±", "Verdict", "Why"),
]
COUNTS = ["Task", "TOP", "Model", "Published cells", *map(str.capitalize, VERDICTS)]


def build(context: Context) -> Section:
    """Return the section."""
    table = context.judgement.verdicts
    run = table[table["verdict"] != NOT_RUN]
    tasks = [
        (
            source_of(str(task)).title,
            f"verdicts-{task}",
            *_filled([HEADER, *(_row(context, row) for row in rows.to_dict("records"))]),
        )
        for task, rows in run.groupby("task", sort=False)
    ]
    body = render("verdicts.html.j2", tasks=tasks, rules=cell_rules(), run=len(run), total=len(table))
    return Section("verdicts", "Verdicts on the published cells", body)


def _filled(rows: list[list[str | Markup]]) -> tuple[int, list[str | Markup], list[list[str | Markup]]]:
    """Leave out the columns in which only the header says anything: a task may have no setting and no TOP.

    Returns the number of columns that name a row, the header, and the rows.
    """
    kept = [i for i in range(len(HEADER)) if any(row[i] for row in rows[1:])]
    header, *others = ([row[i] for i in kept] for row in rows)
    return sum(i < _NAMES for i in kept), header, others


def counted(context: Context) -> list[list[str]]:
    """Return the numbers of verdicts, a row per task, TOP and model."""
    rows = []
    for row in context.judgement.summary.to_dict("records"):
        names = [source_of(row["task"]).title, _top(row["task"], row["top"]), str(row["model"])]
        rows.append([*names, *(str(row[name]) for name in ("cells", *VERDICTS))])
    return rows


def verdicts_in_words(context: Context) -> list[str]:
    """Return a sentence per model on how its cells compare with the published ones."""
    sums = context.judgement.summary.groupby("model", sort=False)[["cells", *VERDICTS]].sum()
    return [
        f"Our runs ({name}), of {row['cells']:,}: {', '.join(f'{row[word]:,} {word}' for word in VERDICTS)}."
        for name, row in sums.iterrows()
    ]


def _top(task: str, top: bool) -> str:
    return ("with" if top else "without") if TASK_INFO[task].top else ""


def _row(context: Context, row: Mapping[Hashable, Any]) -> list[str | Markup]:
    metric = METRICS[row["metric"]]
    ends = [f"{row[end]:.{metric.decimals}f}" for end in ("low", "high") if not pd.isna(row[end])]
    reproduced = f"{row['reproduced']:.{metric.decimals}f}"
    target = context.runs.target(str(row["runs"]).split())
    linked = Markup('<a href="{}">{}</a>').format(target, reproduced) if target else reproduced
    return [
        str(row["dataset"]).removeprefix(source_of(row["task"]).prefix),
        str(row["setting"]),
        _top(row["task"], row["top"]),
        str(row["model"]),
        metric.label,
        str(row["published"]),
        linked,
        " to ".join(ends),
        f"{row['seeds']} of {row['seeds_asked']}",
        f"{row['margin']:.{metric.decimals + 1}f}",
        badge(str(row["verdict"])),
        str(row["reason"]),
    ]
