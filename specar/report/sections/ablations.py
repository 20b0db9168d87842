"""The ablations: a table and a figure each, where there is anything to compare."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from specar.config.entries import Ablation
from specar.figures.ablation import draw
from specar.figures.style import figure_style
from specar.report.context import Context
from specar.report.figures import Picture, picture_of
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.sections.paper import heading_id, printed
from specar.report.text import slug
from specar.results.ablations import ablation_runs, ablation_table
from specar.tables.ablation import table_of


@dataclass(frozen=True)
class Shown:
    """An ablation with results: its table and its figure."""

    table: dict[str, object]
    picture: Picture
    entry: Entry


def build(context: Context) -> Section:
    """Return the section."""
    started = context.plan.started_ablations
    tables = {name: ablation_table(context.plan, name) for name in started}
    tables = {name: tidy for name, tidy in tables.items() if _compares(tidy)}
    shown = [_shown(context, name, tidy) for name, tidy in tables.items()]
    rest = {name: one for name, one in context.plan.config.ablations.items() if name not in tables}
    body = render("ablations.html.j2", shown=shown, rest=[_described(*item) for item in rest.items()])
    return Section("ablations", "Ablations", body, tuple(one.entry for one in shown))


def _compares(tidy: pd.DataFrame) -> bool:
    """Whether an ablation has numbers at more than one level: the runs of one come with the matrix."""
    known = tidy[tidy["reproduced"].notna() | tidy["published"].notna()]
    return known["level"].nunique() > 1


def _shown(context: Context, name: str, tidy: pd.DataFrame) -> Shown:
    plan = context.plan
    table = table_of(plan, name, tidy)
    with figure_style():
        drawn = draw(plan, name, tidy, ablation_runs(plan, name))
    picture = picture_of(drawn, slug("figure-ablation", name))
    return Shown(printed(context, table), picture, Entry(heading_id(table), table.title))


def _described(name: str, ablation: Ablation) -> list[str]:
    """Name, title, question, place in the paper and levels of an ablation."""
    question = " ".join(ablation.question.split())
    return [name, ablation.title, question, ablation.source or "not in the paper", "; ".join(ablation.levels)]
