"""Markdown, LaTeX and HTML of the paper's tables."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from specar.tables.markdown import pipe_table
from specar.tables.marks import FIRST, SECOND
from specar.tables.render import escape_header, escape_latex, escape_markdown
from specar.tables.table import DIFFERS, FLAGGED, TEXT, WORDS, Cell, PaperTable

# Characters that can be read side by side on a page of LaTeX; wider tables are split.
PANEL = 150
Link = Callable[[Cell], str | None]

_LATEX_SIGNS = {DIFFERS: r"$^\ddagger$", FLAGGED: r"$^\S$", "−": "$-$"}


def render_html(table: PaperTable) -> str:
    """Return a table as a page of HTML that needs no other file."""
    return _PAGES.get_template("page.html.j2").render(table=table)


def paper_table_html(table: PaperTable, link: Link | None = None) -> Markup:
    """Return the table alone, without notes and legend, for a page of one's own.

    Parameters
    ----------
    table
        The table.
    link
        What a cell links to, if anything: a reproduced cell names its ``runs`` and those that ``failed``.
    """
    macros = _PAGES.get_template("paper.html.j2").module
    return Markup(macros.paper_table(table, link))  # type: ignore[attr-defined]


def paper_legend_html(table: PaperTable) -> Markup:
    """Return the legend of a table as a list: signs, missing cells, failed runs."""
    return Markup(_PAGES.get_template("paper.html.j2").module.sentences(table))  # type: ignore[attr-defined]


def render_markdown(table: PaperTable) -> str:
    """Return a table as Markdown, aligned in the source too."""
    return _TEXTS.get_template("paper.md.j2").render(table=table)


def render_latex(table: PaperTable) -> str:
    """Return a table as LaTeX (booktabs), to be input; a wide one in several parts."""
    wide = not any(column.prose for column in table.columns)
    return _TEXTS.get_template("paper.tex.j2").render(
        table=table, parts=table.panels(PANEL) if wide else [table]
    )


def _latex(text: str) -> str:
    escaped = escape_latex(text)
    for sign, command in _LATEX_SIGNS.items():
        escaped = escaped.replace(sign, command)
    return escaped


def _latex_cell(cell: Cell) -> str:
    text = _latex(WORDS[cell.kind][0] if cell.kind in WORDS else cell.text)
    command = {FIRST: r"\textbf", SECOND: r"\underline"}.get(cell.mark)
    number = f"{command}{{{text}}}" if command else text
    spread = rf" $\pm$ {_latex(cell.spread)}" if cell.spread else ""
    ragged = r"\raggedright " if cell.kind == TEXT else ""
    whole = f"{ragged}{number}{spread}{_latex(cell.signs)}"
    return rf"\multicolumn{{{cell.width}}}{{c}}{{{whole}}}" if cell.width > 1 else whole


def _latex_prose(table: PaperTable) -> str:
    marks = table.ranking or (
        "Bold: best, underlined: second best published number of each row and metric, recomputed from the "
        "printed numbers. Reproduced numbers are not ranked."
    )
    sentences = [
        *table.notes, *([marks] if table.ranked else []), *table.legend, *table.failures.sentences
    ]  # fmt: skip
    return " ".join(sentences)


def _markdown_cell(cell: Cell) -> str:
    text = WORDS[cell.kind][0] if cell.kind in WORDS else escape_markdown(cell.text)
    sign = {FIRST: "**", SECOND: "_"}.get(cell.mark, "")
    spread = f"\u00a0±\u00a0{cell.spread}" if cell.spread else ""
    return f"{sign}{text}{sign}{spread}{cell.signs}"


def _pipe(table: PaperTable) -> str:
    """The table as a pipe table: its headings are joined, and a block's name stands in its first line."""
    headings = [" ".join(filter(None, column.headings)) for column in table.columns]
    rows = [[*table.names, *headings]]
    for block in table.blocks:
        for i, line in enumerate(block):
            first = "" if i else f"**{escape_markdown(line.names[0])}**"
            cells = [text for cell in line.cells for text in [_markdown_cell(cell), *[""] * (cell.width - 1)]]
            rows.append([first, *line.names[1:], *cells])
    return pipe_table(rows, len(table.names) + sum(column.prose for column in table.columns))


def _environment(autoescape: bool, **delimiters: str) -> Environment:
    return Environment(
        loader=PackageLoader("specar.tables"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=autoescape,
        **delimiters,  # type: ignore[arg-type]
    )


_PAGES = _environment(True)
_PAGES.globals.update(missing=WORDS)
# Delimiters that occur neither in LaTeX nor in Markdown.
_TEXTS = _environment(
    False,
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
)
_TEXTS.filters.update(
    md=escape_markdown, tex=_latex, tex_header=escape_header, cell=_latex_cell, prose=_latex_prose, pipe=_pipe
)
