"""The sections that are figures: of the paper and of every task, and mean ranks."""

from __future__ import annotations

from specar.figures import ranks as ranks_figure
from specar.figures.drawing import drawings
from specar.figures.files import FIGURES, PAPER_FIGURES, RANKED
from specar.figures.style import figure_style
from specar.judge.ranks import drawn_ranking
from specar.judge.rules import rank_rules
from specar.report.context import Context
from specar.report.figures import Picture, picture_of
from specar.report.section import Section, render, slug
from specar.tables.judgement import all_rankings
from specar.tables.render import fragment


def figures(context: Context) -> Section:
    """The figures over the whole plan and those of every task, drawn from the records."""
    ledger = context.ledger
    pictures = [picture_of(drawn, slug("figure", name)) for name, drawn in drawings(ledger, PAPER_FIGURES)]
    pictures += [
        picture_of(drawn, slug("figure", task, name))
        for task in ledger.plan.tasks
        for name, drawn in drawings(ledger, FIGURES, task)
    ]
    body = render("figures.html.j2", pictures=pictures)
    return Section("figures", "Figures", body, tuple(picture.entry for picture in pictures))


def ranks(context: Context) -> Section:
    """Mean ranks of all models over the datasets of a task."""
    pictures = [_ranks(context, task) for task in RANKED]
    table = fragment(all_rankings(context.judgement.rankings), level=3)
    body = render("ranks.html.j2", pictures=pictures, table=table, rules=rank_rules())
    return Section("ranks", "Ranks over datasets", body, tuple(picture.entry for picture in pictures))


def _ranks(context: Context, task: str) -> Picture:
    with figure_style():
        drawn = ranks_figure.draw(drawn_ranking(context.judgement.rankings, task), context.judgement.note)
    return picture_of(drawn, slug("figure-ranks", task))
