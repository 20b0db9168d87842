"""Draws the figures of a task and writes them as PDF, SVG and PNG."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path

from specar.figures.files import FIGURES, SUFFIXES
from specar.figures.request import Results
from specar.figures.save import save
from specar.figures.style import figure_style
from specar.results.compare import compare
from specar.results.inputs import Matrix, read_collected


def write_figures(
    task: str,
    collected: Path,
    floors: Path,
    matrix: Matrix,
    folder: Path,
    note: str | None = None,
    remarks: Mapping[str, str] | None = None,
    failed: Collection[str] | None = None,
) -> list[Path]:
    """Draw the figures of ``task`` from the collected runs and write them to ``folder``.

    Parameters
    ----------
    task
        A task of the paper.
    collected
        CSV of the runs that were done (see `compare`).
    floors
        CSV of the baselines that were computed (see `compare`).
    matrix
        The runs that were asked for.
    folder
        Where the files go; made if need be.
    note
        A caution printed with every figure.
    remarks
        Sentences on datasets of the task, printed where one has points.
    failed
        Ids of the runs that failed, or why they did by id; one that has a result did not fail.

    Returns
    -------
    list[Path]
        The files: those of `figure_files`.
    """
    table = compare(task, read_collected(collected), read_collected(floors), matrix, failed)
    results = Results(task, table, note, remarks or {})
    files = []
    for name, module in FIGURES.items():
        with figure_style():
            figure, title = import_module(module).draw(results)
            for suffix in SUFFIXES:
                files.append(folder / f"{task}_{name}.{suffix}")
                save(figure, files[-1], title)
    return files
