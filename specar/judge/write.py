"""Writes a judgement as CSV, Markdown and figures."""

from __future__ import annotations

from pathlib import Path

from specar.base.files import write_text
from specar.figures.files import SUFFIXES
from specar.figures.ranks import draw
from specar.figures.save import save
from specar.figures.style import figure_style
from specar.judge.files import DRAWN, TABLES, TEXTS, judgement_files
from specar.judge.judgement import Judgement
from specar.judge.ranks import METRICS_OF, Ranking
from specar.tables.judgement import claims_page, ranks_page, verdicts_page
from specar.tables.write import write_page

_PAGES = {"verdicts": verdicts_page, "claims": claims_page, "ranks": ranks_page}


def write_judgement(judgement: Judgement, folder: Path) -> list[Path]:
    """Write the files of `judgement_files` to ``folder``, which is made if need be; returns their paths."""
    for name in TABLES:
        table = getattr(judgement, name)
        write_text(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    for name in TEXTS:
        write_page(folder, name, _PAGES[name](judgement), ("md",))
    for task in DRAWN:
        with figure_style():
            figure, title = draw(drawn_ranking(judgement.rankings, task), judgement.note)
            for suffix in SUFFIXES:
                save(figure, folder / f"ranks_{task}.{suffix}", title)
    return [folder / name for name in judgement_files()]


def drawn_ranking(rankings: list[Ranking], task: str) -> Ranking:
    """Return the ranking of a task that is drawn: its first metric, with TOP where the task has it."""
    of_metric = [one for one in rankings if one.task == task and one.metric == METRICS_OF[task][0]]
    return of_metric[-1]  # tables with TOP come last
