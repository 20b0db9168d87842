"""Writes everything that is made of results; nothing is trained, and what is missing is said in it.

What draws is imported where it is used: tables need no matplotlib, whose import takes as long as they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import pandas as pd

from specar.base.beside import beside
from specar.base.errors import SpecarError
from specar.base.files import write_json, write_text
from specar.config import RunConfig
from specar.config.tasks import TASK_INFO
from specar.figures.files import FIGURES, PAPER_FIGURES, RANKED
from specar.outputs.names import FIGURE_SUFFIXES, JUDGED_CSV, TABLE_SUFFIXES, TEXT_SUFFIXES
from specar.paper.audit.checks import flagged_cells
from specar.results.ablations import ablation_runs
from specar.results.ledger import Ledger
from specar.runs.plan import Plan
from specar.runs.records import sealed
from specar.tables.ablation import ablation_page
from specar.tables.audit import audit_page
from specar.tables.files import JUDGED, TABLES
from specar.tables.paper_cells import flagged_keys
from specar.tables.render import render
from specar.tables.table import Page, page_of
from specar.tables.task import task_page

if TYPE_CHECKING:
    from specar.figures.drawing import Drawing
    from specar.judge.judgement import Judgement


def write_tables(ledger: Ledger, task: str) -> list[Path]:
    """Write the tables of a task; returns the files."""
    folder = ledger.plan.tables
    files = _save_page(folder / task, task_page(ledger, task))
    if TASK_INFO[task].setting:
        files += _save_page(folder / f"{task}_averaged", task_page(ledger, task, averaged=True))
    return files


def write_figures(ledger: Ledger, task: str) -> list[Path]:
    """Draw the figures of a task; returns the files."""
    from specar.figures.drawing import drawings

    found = drawings(ledger, FIGURES, task)
    return [path for name, drawn in found for path in _save(drawn, ledger.plan.figures / f"{task}_{name}")]


def write_paper_tables(ledger: Ledger, names: Sequence[str] = ()) -> list[Path]:
    """Write tables over the whole plan, by default all; returns the files.

    `SpecarError`: the paper has no such table.
    """
    _known(names, TABLES, "the paper has no table")
    flagged, folder = flagged_keys(flagged_cells()), ledger.plan.paper
    pages = ((name, resolve_name(TABLES[name])(ledger, name, flagged)) for name in names or TABLES)
    return [path for name, made in pages for path in _save_page(folder / name, made)]


def write_paper_figures(ledger: Ledger, names: Sequence[str] = ()) -> list[Path]:
    """Draw the figures over the whole plan, by default all, with their titles as JSON; returns the files.

    `SpecarError`: there is no such figure.
    """
    from specar.figures.drawing import drawings

    _known(names, PAPER_FIGURES, "no figure")
    files = []
    for name, drawn in drawings(ledger, {name: PAPER_FIGURES[name] for name in names or PAPER_FIGURES}):
        stem = ledger.plan.paper_figures / name
        files += [*_save(drawn, stem), stem.with_name(f"{name}.json")]
        write_json(files[-1], {"title": drawn.title, "alt": drawn.alt})
    return files


def write_ablation(plan: Plan, name: str) -> list[Path]:
    """Write the tables and the figure of an ablation; returns the files.

    `SpecarError`: there is no such ablation, or its settings contradict each other.
    """
    from specar.figures import ablation
    from specar.figures.style import figure_style

    made, stem = ablation_page(plan, name), plan.ablations / name
    files = _save_page(stem, made)
    with figure_style():
        return files + _save(ablation.draw(plan, name, made[0], ablation_runs(plan, name)), stem)


def write_judgement(judgement: Judgement, folder: Path) -> list[Path]:
    """Write verdicts, claims, ranks and saturated cells; returns the files."""
    drawn = beside(_draw_ranks, judgement, folder)
    alone = (judgement.pairs, judgement.against.datasets)
    files = [_save_text(folder / name, as_csv(rows)) for name, rows in zip(JUDGED_CSV, alone, strict=True)]
    for name, made in JUDGED.items():
        files += _save_page(folder / name, resolve_name(made)(judgement), TEXT_SUFFIXES)
    return files + drawn()


def _draw_ranks(judgement: Judgement, folder: Path) -> list[Path]:
    from specar.figures import ranks
    from specar.figures.style import figure_style
    from specar.judge.ranks import drawn_ranking

    files = []
    for task in RANKED:
        with figure_style():
            drawn = ranks.draw(drawn_ranking(judgement.rankings, task), judgement.note)
        files += _save(drawn, folder / f"ranks_{task}")
    return files


def write_audit(findings: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the findings on the paper's own numbers; returns the files."""
    return _save_page(folder / "audit", audit_page(findings), TEXT_SUFFIXES)


def write_explanation(plan: Plan, run: RunConfig) -> list[Path]:
    """Write what the grid of settings around a run says so far of its published number; returns the files."""
    from specar.judge.explain import explained
    from specar.tables.explain import explain_table

    rows = explained(plan, run)
    table = explain_table(run, rows)
    stem = plan.explain / table.id
    files = _save_page(stem, (rows, page_of(table)), TEXT_SUFFIXES)
    found = {"run": run.model_dump(mode="json"), "rows": rows.to_dict("records")}
    write_json(Path(f"{stem}.json"), sealed(found))
    return [*files, Path(f"{stem}.json")]


def write_report(plan: Plan, path: Path) -> Path:
    """Write the report; returns the file."""
    from specar.report.page import page

    return _save_text(path, page(plan))


def as_csv(rows: pd.DataFrame) -> str:
    """Return tidy rows as CSV; several run ids in a cell are separated by spaces."""
    names = [name for name in ("runs", "failed") if isinstance(next(iter(rows.get(name, [])), None), tuple)]
    lists = {name: rows[name].map(" ".join) for name in names}
    return rows.assign(**lists).to_csv(index=False, lineterminator="\n")


def _known(names: Sequence[str], known: Iterable[str], what: str) -> None:
    if unknown := [name for name in names if name not in known]:
        raise SpecarError(f"{what} {unknown[0]!r:.80}; known: {', '.join(known)}")


def _save_page(
    stem: Path, made: tuple[pd.DataFrame, Page], suffixes: Iterable[str] = TABLE_SUFFIXES
) -> list[Path]:
    rows, tables = made
    texts = {end: as_csv(rows) if end == "csv" else render(tables, end) for end in suffixes}
    return [_save_text(Path(f"{stem}.{end}"), text) for end, text in texts.items()]


def _save_text(path: Path, text: str) -> Path:
    write_text(path, text)
    return path


def _save(drawn: Drawing, stem: Path) -> list[Path]:
    files = [Path(f"{stem}.{suffix}") for suffix in FIGURE_SUFFIXES]
    for path in files:
        drawn.save(path)
    return files
