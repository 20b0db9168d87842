"""Writes the tables and the figure of an ablation."""

from __future__ import annotations

from pathlib import Path

from specar.figures.ablation import draw
from specar.figures.save import save
from specar.figures.style import figure_style
from specar.results.ablations import ablation_runs
from specar.runs.plan import Plan
from specar.tables.ablation import ablation_page
from specar.tables.ablation_files import FIGURE_SUFFIXES
from specar.tables.write import write_page


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
    product = ablation_page(plan, name)
    paths = write_page(plan.ablations, name, product)
    with figure_style():
        drawn = draw(plan.config.ablations[name], product[0], ablation_runs(plan, name), plan.config.note)
        for suffix in FIGURE_SUFFIXES:
            paths.append(plan.ablations / f"{name}.{suffix}")
            save(drawn.figure, paths[-1], drawn.title, drawn.alt)
    return paths
