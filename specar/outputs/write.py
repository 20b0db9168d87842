"""Writes everything that is made of results; nothing is trained, and what is missing is said in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from specar.base.errors import SpecarError
from specar.base.files import write_json, write_text
from specar.figures import ablation as ablation_figure
from specar.figures import ranks as ranks_figure
from specar.figures.drawing import Drawing, drawings
from specar.figures.files import FIGURES, PAPER_FIGURES, RANKED
from specar.figures.style import figure_style
from specar.judge.judgement import Judgement
from specar.judge.ranks import drawn_ranking
from specar.judge.texts import claims_text, ranks_text, verdicts_text
from specar.outputs.names import AUDIT_FILES, FIGURE_SUFFIXES, TABLE_SUFFIXES, table_files
from specar.paper.audit import flagged_cells
from specar.paper.audit.report import markdown as audit_text
from specar.paper.files import TABLE_IDS
from specar.report.page import page
from specar.results.ablations import ablation_runs, ablation_table
from specar.results.ledger import Ledger, ledger_of
from specar.runs.plan import Plan
from specar.tables.ablation import table_of
from specar.tables.cells import flagged_keys
from specar.tables.paper_render import render_html, render_latex, render_markdown
from specar.tables.paper_write import table_parts
from specar.tables.reproduced import reproduced_of
from specar.tables.table import PaperTable
from specar.tables.write import text_of

_RENDERERS = {"md": render_markdown, "tex": render_latex, "html": render_html}


def write_tables(ledger: Ledger, task: str) -> list[Path]:
    """Write the tables of a task; returns the files."""
    files = [ledger.plan.tables / name for name in table_files(task)]
    for path in files:
        write_text(path, text_of(ledger, task, path.stem != task, path.suffix))
    return files


def write_figures(ledger: Ledger, task: str) -> list[Path]:
    """Draw the figures of a task; returns the files."""
    found = drawings(ledger, FIGURES, task)
    return [path for name, drawn in found for path in _save(drawn, ledger.plan.figures / f"{task}_{name}")]


def write_paper_tables(plan: Plan, names: Sequence[str] = ()) -> list[Path]:
    """Write tables of the paper, by default all; returns the files.

    Raises
    ------
    SpecarError
        The paper has no such table.
    """
    _known(names, TABLE_IDS, "the paper has no table")
    reproduced, flagged = reproduced_of(plan), flagged_keys(flagged_cells())
    files = []
    for name in names or TABLE_IDS:
        rows, table = table_parts(name, plan, reproduced, flagged)
        files += _save_table(plan.paper / name, rows, table)
    return files


def write_paper_figures(plan: Plan, names: Sequence[str] = ()) -> list[Path]:
    """Draw the figures over the whole plan, by default all, with their titles as JSON; returns the files.

    Raises
    ------
    SpecarError
        There is no such figure.
    """
    _known(names, PAPER_FIGURES, "no figure")
    files = []
    for name, drawn in drawings(
        ledger_of(plan), {name: PAPER_FIGURES[name] for name in names or PAPER_FIGURES}
    ):
        stem = plan.paper_figures / name
        files += [*_save(drawn, stem), stem.with_name(f"{name}.json")]
        write_json(files[-1], {"title": drawn.title, "alt": drawn.alt})
    return files


def write_ablation(plan: Plan, name: str) -> list[Path]:
    """Write the tables and the figure of an ablation; returns the files.

    Raises
    ------
    SpecarError
        There is no such ablation, or its settings contradict each other.
    """
    tidy, stem = ablation_table(plan, name), plan.ablations / name
    files = _save_table(stem, tidy, table_of(plan, name, tidy))
    with figure_style():
        return files + _save(ablation_figure.draw(plan, name, tidy, ablation_runs(plan, name)), stem)


def write_judgement(judgement: Judgement, folder: Path) -> list[Path]:
    """Write verdicts, claims and ranks; returns the files."""
    tables = {name: getattr(judgement, name) for name in ("verdicts", "claims", "ranks", "pairs")}
    texts = {"verdicts": verdicts_text, "claims": claims_text, "ranks": ranks_text}
    files = [_save_text(folder / f"{name}.csv", as_csv(table)) for name, table in tables.items()]
    files += [_save_text(folder / f"{name}.md", text(judgement)) for name, text in texts.items()]
    for task in RANKED:
        with figure_style():
            drawn = ranks_figure.draw(drawn_ranking(judgement.rankings, task), judgement.note)
        files += _save(drawn, folder / f"ranks_{task}")
    return files


def write_audit(findings: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the findings on the paper's own numbers; returns the files."""
    texts = (as_csv(findings), audit_text(findings))
    return [_save_text(folder / name, text) for name, text in zip(AUDIT_FILES, texts, strict=True)]


def write_report(plan: Plan, path: Path) -> Path:
    """Write the report; returns the file."""
    return _save_text(path, page(plan))


def as_csv(rows: pd.DataFrame) -> str:
    """Return tidy rows as CSV; several run ids in a cell are separated by spaces."""
    lists = {name: rows[name].map(" ".join) for name in ("runs", "failed") if _holds_ids(rows, name)}
    return rows.assign(**lists).to_csv(index=False, lineterminator="\n")


def _holds_ids(rows: pd.DataFrame, name: str) -> bool:
    return name in rows and len(rows) > 0 and isinstance(rows[name].iloc[0], tuple)


def _known(names: Sequence[str], known: Iterable[str], what: str) -> None:
    if unknown := [name for name in names if name not in known]:
        raise SpecarError(f"{what} {unknown[0]!r:.80}; known: {', '.join(known)}")


def _save_table(stem: Path, rows: pd.DataFrame, table: PaperTable) -> list[Path]:
    texts = {"csv": as_csv(rows), **{suffix: render(table) for suffix, render in _RENDERERS.items()}}
    return [_save_text(Path(f"{stem}.{suffix}"), texts[suffix]) for suffix in TABLE_SUFFIXES]


def _save_text(path: Path, text: str) -> Path:
    write_text(path, text)
    return path


def _save(drawn: Drawing, stem: Path) -> list[Path]:
    files = [Path(f"{stem}.{suffix}") for suffix in FIGURE_SUFFIXES]
    for path in files:
        drawn.save(path)
    return files
