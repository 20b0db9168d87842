"""The figures over the whole plan and those of every task, drawn from the records."""

from __future__ import annotations

from specar.figures.drawing import drawings
from specar.figures.files import FIGURES, PAPER_FIGURES
from specar.report.context import Context
from specar.report.figures import picture_of
from specar.report.render import render
from specar.report.section import Entry, Section
from specar.report.text import slug


def build(context: Context) -> Section:
    """Return the section."""
    ledger = context.ledger
    pictures = [picture_of(drawn, slug("figure", name)) for name, drawn in drawings(ledger, PAPER_FIGURES)]
    pictures += [
        picture_of(drawn, slug("figure", task, name))
        for task in ledger.plan.tasks
        for name, drawn in drawings(ledger, FIGURES, task)
    ]
    entries = tuple(Entry(picture.id, picture.title) for picture in pictures)
    return Section("figures", "Figures", render("figures.html.j2", pictures=pictures), entries)
