"""The ablations: a table and a figure each, of those that have been started."""

from __future__ import annotations

from dataclasses import dataclass

from specar.ablations.figure import draw
from specar.ablations.results import ablation_runs, ablation_table
from specar.ablations.table import table_of
from specar.config.entries import Ablation
from specar.figures.style import figure_style
from specar.report.context import Context
from specar.report.figures import Picture, picture_of
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.sections.paper import heading_id, printed
from specar.report.text import slug


@dataclass(frozen=True)
class Shown:
    """An ablation with results: its table and its figure."""

    table: dict[str, object]
    picture: Picture
    entry: Entry


def build(context: Context) -> Section:
    """Return the section."""
    started = context.plan.started_ablations
    shown = [_shown(context, name) for name in started]
    rest = {name: one for name, one in context.plan.config.ablations.items() if name not in started}
    body = render("ablations.html.j2", shown=shown, rest=[_described(*item) for item in rest.items()])
    return Section("ablations", "Ablations", body, tuple(one.entry for one in shown))


def _shown(context: Context, name: str) -> Shown:
    plan = context.plan
    tidy = ablation_table(plan, name)
    table = table_of(plan, name, tidy)
    with figure_style():
        drawn = draw(plan.config.ablations[name], tidy, ablation_runs(plan, name), plan.config.note)
        picture = picture_of(drawn.figure, slug("figure-ablation", name), drawn.title, drawn.alt)
    return Shown(printed(context, table), picture, Entry(heading_id(table), table.title))


def _described(name: str, ablation: Ablation) -> list[str]:
    """Name, title, question, place in the paper and levels of an ablation."""
    question = " ".join(ablation.question.split())
    return [name, ablation.title, question, ablation.source or "not in the paper", ", ".join(ablation.levels)]
