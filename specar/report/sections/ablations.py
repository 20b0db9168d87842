"""The ablations: a table and a figure each, where there is anything to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from specar.config.entries import Ablation
from specar.figures.ablation import draw
from specar.figures.style import figure_style
from specar.report.context import Context
from specar.report.figures import Picture, picture_of
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.sections.paper import shown
from specar.report.text import slug
from specar.results.ablations import ablation_runs, ablation_table
from specar.runs.store import started_ablations
from specar.tables.ablation import ablation_levels
from specar.tables.render import fragment, heading_id
from specar.tables.table import Table, listed


@dataclass(frozen=True)
class Shown:
    """An ablation with results: its table and its figure."""

    table: Markup
    picture: Picture
    entry: Entry


def build(context: Context) -> Section:
    """Return the section."""
    started = started_ablations(context.plan)
    tables = {name: ablation_table(context.plan, name) for name in started}
    tables = {name: tidy for name, tidy in tables.items() if _compares(tidy)}
    found = [_shown(context, name, tidy) for name, tidy in tables.items()]
    rest = {name: one for name, one in context.plan.config.ablations.items() if name not in tables}
    body = render("ablations.html.j2", shown=found, rest=fragment(_described(rest), level=3) if rest else "")
    return Section("ablations", "Ablations", body, tuple(one.entry for one in found))


def _compares(tidy: pd.DataFrame) -> bool:
    """Whether an ablation has numbers at more than one level: the runs of one come with the matrix."""
    known = tidy[tidy["reproduced"].notna() | tidy["published"].notna()]
    return known["level"].nunique() > 1


def _shown(context: Context, name: str, tidy: pd.DataFrame) -> Shown:
    plan = context.plan
    table = ablation_levels(plan, name, tidy)
    with figure_style():
        drawn = draw(plan, name, tidy, ablation_runs(plan, name))
    picture = picture_of(drawn, slug("figure-ablation", name))
    return Shown(shown(context, table), picture, Entry(heading_id(table), table.title))


def _described(ablations: Mapping[str, Ablation]) -> Table:
    """Name, title, question, place in the paper and levels of ablations."""
    header = ["Name", "Ablation", "Question", "In the paper", "Levels"]
    rows = [
        [
            name,
            one.title,
            " ".join(one.question.split()),
            one.source or "not in the paper",
            "; ".join(one.levels),
        ]
        for name, one in ablations.items()
    ]
    notes = ("snakemake ablation_NAME runs one.",)
    return listed("ablations-rest", "Ablations without results to compare", header, rows, 1, header, notes)
