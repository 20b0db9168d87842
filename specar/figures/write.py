"""Draws the figures of a task and writes them as PDF, SVG and PNG."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from specar.figures.files import FIGURES, SUFFIXES
from specar.figures.request import Results
from specar.figures.save import save
from specar.figures.style import figure_style
from specar.results.ledger import Ledger


def write_figures(ledger: Ledger, task: str, folder: Path) -> list[Path]:
    """Draw the figures of ``task`` and write them to ``folder``: the files of `figure_files`."""
    config, plan = ledger.plan.config, ledger.plan
    results = Results(task, ledger.of(task).cells, config.note, plan.remarks_of(task))
    files = []
    for name, module in FIGURES.items():
        with figure_style():
            figure, title = import_module(module).draw(results)
            for suffix in SUFFIXES:
                files.append(folder / f"{task}_{name}.{suffix}")
                save(figure, files[-1], title)
    return files
