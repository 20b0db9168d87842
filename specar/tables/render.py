"""Markdown, LaTeX and HTML in the form of the paper's tables."""

from __future__ import annotations

import re

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from specar.paper.sources import source_of
from specar.tables.header import header_rows
from specar.tables.layout import Style
from specar.tables.markdown import pipe_table, result_rows
from specar.tables.remarks import SIGNS
from specar.tables.sections import Request, sections

# No-break spaces, or narrow pages wrap every cell with a standard deviation.
_MARKDOWN = Style(plus_minus="\u00a0±\u00a0", dash="–", partial="†", minus="−")
_LATEX = Style(plus_minus=r" $\pm$ ", dash="--", partial=r"$^\dagger$", minus="$-$")
HTML = _MARKDOWN
_LATEX_SIGNS = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "–": _LATEX.dash,
    "…": r"\ldots{}",
    "†": _LATEX.partial,
    **{sign: f"$^{{\\mathrm{{{letter}}}}}$" for sign, letter in zip(SIGNS, "abcdefghijklmnop", strict=True)},
}


def escape_latex(text: str) -> str:
    """Return ``text`` with LaTeX's special characters escaped."""
    return "".join(_LATEX_SIGNS.get(sign, sign) for sign in text)


def escape_header(text: str) -> str:
    """Return a column's heading for LaTeX, on two lines if it is long: its numbers are narrow."""
    first, _, last = text.rpartition(" ")
    if len(text) < 10 or not first:
        return escape_latex(text)
    return rf"\shortstack[r]{{{escape_latex(first)}\\{escape_latex(last)}}}"


def escape_markdown(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is: a message may hold anything."""
    return re.sub(r"([\\`*<\[])", r"\\\1", text)


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
_TEMPLATES.filters.update(
    md=escape_markdown,
    tex=escape_latex,
    tex_header=escape_header,
    pipe_table=pipe_table,
    result_rows=result_rows,
    header_rows=header_rows,
)
_PAGES = Environment(
    loader=_TEMPLATES.loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    keep_trailing_newline=True, autoescape=True,
)  # fmt: skip
_PAGES.filters.update(header_rows=header_rows)


def render_markdown(table: pd.DataFrame, request: Request) -> str:
    """Return the tidy table (what `compare` returns) as Markdown.

    Without and with TOP stand below each other: side by side they are too wide for a page.
    """
    return _render(_TEMPLATES.get_template("table.md.j2"), table, request, _MARKDOWN)


def render_latex(table: pd.DataFrame, request: Request) -> str:
    """Return the tidy table as LaTeX (booktabs), to be input."""
    return _render(_TEMPLATES.get_template("table.tex.j2"), table, request, _LATEX)


def render_html(table: pd.DataFrame, request: Request) -> str:
    """Return the tidy table as a page of HTML that needs no other file."""
    return _render(_PAGES.get_template("table.html.j2"), table, request, HTML)


def _render(template: Template, table: pd.DataFrame, request: Request, style: Style) -> str:
    return template.render(task=source_of(request.task).title, sections=list(sections(table, request, style)))
