"""Writes the tables and the figure of an ablation."""

from __future__ import annotations

from pathlib import Path

from specar.base.files import write_text
from specar.figures.ablation import draw
from specar.figures.save import save
from specar.figures.style import figure_style
from specar.results.ablations import ablation_runs, ablation_table
from specar.runs.plan import Plan
from specar.tables.ablation import table_of
from specar.tables.ablation_files import FIGURE_SUFFIXES
from specar.tables.paper_render import render_html, render_latex, render_markdown

_RENDERERS = {"md": render_markdown, "tex": render_latex, "html": render_html}


def write_ablation(plan: Plan, name: str) -> list[Path]:
    """Write an ablation to the folder ``ablations`` of the results, from the records that are there.

    Returns
    -------
    list[Path]
        The files: those of `specar.tables.ablation_files.ablation_files`.

    Raises
    ------
    SpecarError
        There is no such ablation, its settings contradict each other, or a record is damaged.
    """
    tidy = ablation_table(plan, name)
    table = table_of(plan, name, tidy)
    paths = [plan.ablations / f"{name}.csv"]
    write_text(paths[0], tidy.to_csv(index=False, lineterminator="\n"))
    for suffix, render in _RENDERERS.items():
        paths.append(plan.ablations / f"{name}.{suffix}")
        write_text(paths[-1], render(table))
    with figure_style():
        drawn = draw(plan.config.ablations[name], tidy, ablation_runs(plan, name), plan.config.note)
        for suffix in FIGURE_SUFFIXES:
            paths.append(plan.ablations / f"{name}.{suffix}")
            save(drawn.figure, paths[-1], drawn.title, drawn.alt)
    return paths
