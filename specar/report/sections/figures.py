"""The figures over the whole plan and those of every task, drawn from the records."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from specar.figures.files import FIGURES, PAPER_FIGURES
from specar.figures.plan_request import PaperFigure
from specar.figures.request import Results
from specar.figures.style import figure_style
from specar.report.context import Context
from specar.report.figures import Picture, picture_of, words_in
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.text import slug


def build(context: Context) -> Section:
    """Return the section."""
    pictures = [*_over_the_plan(context), *_of_tasks(context)]
    entries = tuple(Entry(picture.id, picture.title) for picture in pictures)
    return Section("figures", "Figures", render("figures.html.j2", pictures=pictures), entries)


def _over_the_plan(context: Context) -> Iterator[Picture]:
    for name, (module, *arguments) in PAPER_FIGURES.items():
        with figure_style():
            drawn: PaperFigure = import_module(module).draw(context.paper_results, *arguments)
            yield picture_of(drawn.figure, slug("figure", name), drawn.title, drawn.alt)


def _of_tasks(context: Context) -> Iterator[Picture]:
    plan = context.plan
    for task, found in context.results.items():
        results = Results(task, found.table, plan.config.note, plan.remarks_of(task))
        for name, module in FIGURES.items():
            with figure_style():
                figure, title = import_module(module).draw(results)
                yield picture_of(figure, slug("figure", task, name), title, words_in(figure))
