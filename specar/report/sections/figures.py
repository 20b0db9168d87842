"""The sections that are figures: of the paper and of every task, and mean ranks."""

from __future__ import annotations

from collections.abc import Iterable

from specar.figures import ranks as ranks_figure
from specar.figures.drawing import Drawing, drawings
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
    drawn = [(slug("figure", name), made) for name, made in drawings(ledger, PAPER_FIGURES)]
    drawn += [
        (slug("figure", task, name), made)
        for task in ledger.plan.tasks
        for name, made in drawings(ledger, FIGURES, task)
    ]
    pictures, rest = _shown(drawn)
    body = render("figures.html.j2", pictures=pictures, rest=rest)
    return Section("figures", "Figures", body, tuple(picture.entry for picture in pictures))


def _shown(drawn: Iterable[tuple[str, Drawing]]) -> tuple[list[Picture], list[str]]:
    """The figures that show something, and titles of those that only say why not."""
    made = list(drawn)
    pictures = [picture_of(one, name) for name, one in made if not one.is_words]
    return pictures, [one.title for _, one in made if one.is_words]


def ranks(context: Context) -> Section:
    """Mean ranks of all models over the datasets of a task."""
    found = context.judgement.rankings
    with figure_style():
        drawn = {
            task: ranks_figure.draw(drawn_ranking(found, task), context.judgement.note) for task in RANKED
        }
    pictures, _ = _shown((slug("figure-ranks", task), made) for task, made in drawn.items())
    table = fragment(all_rankings(found), level=3)
    body = render("ranks.html.j2", pictures=pictures, table=table, rules=rank_rules())
    return Section("ranks", "Ranks over datasets", body, tuple(picture.entry for picture in pictures))
