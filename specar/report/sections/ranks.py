"""Mean ranks of all models over the datasets of a task."""

from __future__ import annotations

from specar.figures.files import RANKED
from specar.figures.ranks import draw
from specar.figures.style import figure_style
from specar.judge.ranks import Ranking, drawn_ranking
from specar.judge.rules import rank_rules
from specar.report.context import Context
from specar.report.figures import Picture, picture_of
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.text import slug
from specar.tables.judgement import all_rankings
from specar.tables.render import fragment


def build(context: Context) -> Section:
    """Return the section."""
    rankings, note = context.judgement.rankings, context.judgement.note
    pictures = [_picture(drawn_ranking(rankings, task), task, note) for task in RANKED]
    table = fragment(all_rankings(rankings), level=3)
    body = render("ranks.html.j2", pictures=pictures, table=table, rules=rank_rules())
    entries = tuple(Entry(picture.id, picture.title) for picture in pictures)
    return Section("ranks", "Ranks over datasets", body, entries)


def _picture(ranking: Ranking, task: str, note: str | None) -> Picture:
    with figure_style():
        drawn = draw(ranking, note)
    return picture_of(drawn, slug("figure-ranks", task))
