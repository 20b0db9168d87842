"""Mean ranks of all models over the datasets of a task."""

from __future__ import annotations

from specar.config.tasks import TASK_INFO
from specar.figures.files import RANKED
from specar.figures.ranks import draw
from specar.figures.style import figure_style
from specar.judge.ranks import Ranking, drawn_ranking
from specar.judge.rules import rank_rules
from specar.paper.metrics import METRICS
from specar.paper.sources import source_of
from specar.report.context import Context
from specar.report.figures import Picture, picture_of
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.text import slug

HEADER = ["Task", "TOP", "Metric", "Published in", "Datasets", "Friedman p", "Best three models (mean rank)"]


def build(context: Context) -> Section:
    """Return the section."""
    rankings, note = context.judgement.rankings, context.judgement.note
    pictures = [_picture(drawn_ranking(rankings, task), task, note) for task in RANKED]
    body = render(
        "ranks.html.j2",
        pictures=pictures,
        header=HEADER,
        rows=[_row(one) for one in rankings],
        rules=rank_rules(),
    )
    entries = tuple(Entry(picture.id, picture.title) for picture in pictures)
    return Section("ranks", "Ranks over datasets", body, entries)


def _picture(ranking: Ranking, task: str, note: str | None) -> Picture:
    with figure_style():
        drawn = draw(ranking, note)
    return picture_of(drawn, slug("figure-ranks", task))


def _top(ranking: Ranking) -> str:
    return ("with" if ranking.top else "without") if TASK_INFO[ranking.task].top else ""


def _row(ranking: Ranking) -> list[str]:
    best = list(ranking.mean_ranks.items())[:3]
    return [
        source_of(ranking.task).title,
        _top(ranking),
        METRICS[ranking.metric].label,
        ranking.table.replace(":", " Table "),
        str(len(ranking.scores)),
        f"{ranking.friedman[1]:.2g}",
        ", ".join(f"{name} {rank:.2f}" for name, rank in best),
    ]
