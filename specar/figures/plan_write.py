"""Draws the figures over the whole plan and writes them as PDF, SVG and PNG, with their titles as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from specar.base.errors import SpecarError
from specar.base.files import write_json
from specar.figures.files import PAPER_FIGURES, SUFFIXES
from specar.figures.plan_request import PaperFigure, PaperResults
from specar.figures.save import save
from specar.figures.style import figure_style
from specar.runs.plan import Plan


def write_paper_figures(plan: Plan, names: Iterable[str] = ()) -> list[Path]:
    """Draw figures from the records that are there and write them to ``plan.paper_figures``.

    Parameters
    ----------
    plan
        The plan.
    names
        Names of figures in `PAPER_FIGURES`; by default all.

    Returns
    -------
    list[Path]
        The files: those of `paper_figure_files`. ``<name>.json`` has ``title`` and ``alt``, for whoever
        cannot see the figure.

    Raises
    ------
    SpecarError
        There is no such figure, a record is damaged, or the folder cannot be written to.
    """
    names = list(names) or list(PAPER_FIGURES)
    if unknown := [name for name in names if name not in PAPER_FIGURES]:
        raise SpecarError(f"no figure {', '.join(unknown)}; there are {', '.join(PAPER_FIGURES)}")
    results = PaperResults(plan)
    return [path for name in names for path in _write(results, name, plan.paper_figures)]


def _write(results: PaperResults, name: str, folder: Path) -> list[Path]:
    module, *arguments = PAPER_FIGURES[name]
    with figure_style():
        drawn: PaperFigure = import_module(module).draw(results, *arguments)
        files = [folder / f"{name}.{suffix}" for suffix in SUFFIXES]
        for path in files:
            save(drawn.figure, path, drawn.title, drawn.alt)
    words = folder / f"{name}.json"
    write_json(words, {"title": drawn.title, "alt": drawn.alt})
    return [*files, words]
