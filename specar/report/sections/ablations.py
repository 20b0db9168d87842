"""The ablations: a table and a figure each, where there is anything to compare."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from specar.config.entries import Ablation
from specar.figures.ablation import draw
from specar.figures.style import figure_style
from specar.report.context import Context
from specar.report.figures import Picture, picture_of
from specar.report.section import Entry, Section, render, slug
from specar.results.ablations import ablation_runs
from specar.runs.store import started_ablations
from specar.tables.ablation import ablation_levels
from specar.tables.render import fragment, heading_id
from specar.tables.table import Table, listed


def ablations(context: Context) -> Section:
    """Return the section."""
    plan = context.plan
    found = {name: context.ledger.ablation(name) for name in started_ablations(plan)}
    found = {name: tidy for name, tidy in found.items() if _compares(tidy)}
    tables = [ablation_levels(plan, name, tidy) for name, tidy in found.items()]
    pictures = [_picture(context, name, tidy) for name, tidy in found.items()]
    rest = {name: ablation for name, ablation in plan.config.ablations.items() if name not in found}
    body = render(
        "ablations.html.j2",
        shown=list(zip(map(context.linked, tables), pictures, strict=True)),
        rest=fragment(_described(rest), level=3) if rest else "",
    )
    entries = tuple(Entry(heading_id(table), table.title) for table in tables)
    return Section("ablations", "Ablations", body, entries)


def _compares(tidy: pd.DataFrame) -> bool:
    """Whether an ablation has numbers at more than one level: the runs of one come with the matrix."""
    known = tidy[tidy["ours"].notna() | tidy["published"].notna()]
    return known["level"].nunique() > 1


def _picture(context: Context, name: str, tidy: pd.DataFrame) -> Picture:
    with figure_style():
        drawn = draw(context.plan, name, tidy, ablation_runs(context.plan, name))
    drawn.figure.texts[0].set_visible(False)  # the heading above says it
    return picture_of(drawn, slug("figure-ablation", name))


def _described(ablations: Mapping[str, Ablation]) -> Table:
    header = ["Name", "Ablation", "Question", "In the paper", "Levels"]
    rows = [
        [name, each.title, " ".join(each.question.split()), each.source or "not in the paper", levels]
        for name, each in ablations.items()
        for levels in ["; ".join(each.levels)]
    ]
    notes = ("snakemake ablation_NAME runs one.",)
    return listed("ablations-rest", "Ablations without results to compare", header, rows, 1, header, notes)
