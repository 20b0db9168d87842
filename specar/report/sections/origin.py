"""Where the numbers come from, and how to make the page again."""

from __future__ import annotations

from collections import Counter
from typing import Any

from specar.report.context import Context
from specar.report.render import render
from specar.report.runs import Run
from specar.report.section import Section
from specar.report.text import plural
from specar.tables.render import fragment
from specar.tables.table import Table, listed


def build(context: Context) -> Section:
    """Return the section."""
    every = [*context.runs.runs.values(), *context.runs.of_ablations.values()]
    done = [run for run in every if run.record]
    body = render(
        "origin.html.j2",
        plan=context.plan,
        commits=Counter(_commit(run) for run in done).most_common(),
        versions=fragment(_versions(done), level=3) if done else "",
        newest=max((str(_origin(run)["finished"]) for run in done), default=None),
    )
    return Section("origin", "Where this comes from, and how to make it again", body)


def _origin(run: Run) -> dict[str, Any]:
    return dict(run.record["provenance"]) if run.record else {}


def _commit(run: Run) -> str:
    git = _origin(run)["git"]
    return f"{git['commit'] or 'unknown'}{', modified' if git['modified'] else ''}"


def _versions(runs: list[Run]) -> Table:
    """Versions of the libraries that the runs used, each with its number of runs where they differ."""
    names = dict.fromkeys(name for run in runs for name in _origin(run)["versions"])
    rows = []
    for name in names:
        found = Counter(str(_origin(run)["versions"].get(name) or "none") for run in runs).most_common()
        texts = [text if len(found) == 1 else f"{text} ({plural(number, 'run')})" for text, number in found]
        rows.append([name, ", ".join(texts)])
    title = "Versions that the runs were made with"
    return listed("origin-versions", title, ["Library", "Version"], rows, 2)
