"""Markdown and LaTeX in the form of the paper's tables."""

from __future__ import annotations

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from specar.tables.caption import legend
from specar.tables.layout import TOPS, Style
from specar.tables.markdown import pipe_table, result_rows
from specar.tables.published import source_of
from specar.tables.sections import sections

# No-break spaces, or narrow pages wrap every cell with a standard deviation.
_MARKDOWN = Style(plus_minus="\u00a0±\u00a0", dash="–", partial="†", minus="−")
_LATEX = Style(plus_minus=r" $\pm$ ", dash="--", partial=r"$^\dagger$", minus="$-$")
_LATEX_SIGNS = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "–": _LATEX.dash,
    "†": _LATEX.partial,
}


def escape_latex(text: str) -> str:
    """Return ``text`` with LaTeX's special characters escaped."""
    return "".join(_LATEX_SIGNS.get(sign, sign) for sign in text)


# Delimiters that occur neither in LaTeX nor in Markdown.
_TEMPLATES = Environment(
    loader=PackageLoader("specar.tables"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
)
_TEMPLATES.filters.update(tex=escape_latex, pipe_table=pipe_table, result_rows=result_rows)


def render_markdown(task: str, table: pd.DataFrame, averaged: bool = False, note: str | None = None) -> str:
    """Return the tidy table as Markdown.

    Without and with TOP stand below each other: side by side they are too wide for a page.

    Parameters
    ----------
    task
        The task of ``table``.
    table
        What `compare` returns.
    averaged
        The averages only, as in the main paper, rather than every setting.
    note
        A caution printed with every table.
    """
    return _render("table.md.j2", task, table, averaged, _MARKDOWN, note)


def render_latex(task: str, table: pd.DataFrame, averaged: bool = False, note: str | None = None) -> str:
    """Return the tidy table as LaTeX (booktabs), to be input; parameters as `render_markdown`."""
    return _render("table.tex.j2", task, table, averaged, _LATEX, note)


def _render(
    template: str, task: str, table: pd.DataFrame, averaged: bool, style: Style, note: str | None
) -> str:
    source = source_of(task)
    return _TEMPLATES.get_template(template).render(
        task=source.title,
        sections=list(sections(task, table, style, averaged, note)),
        names=["Dataset"] if averaged else ["Dataset", source.setting.capitalize()],
        legend=legend(task, _MARKDOWN.dash, _MARKDOWN.partial),
        tops=TOPS,
    )
