"""Tables in Markdown, LaTeX, HTML and as plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from specar.tables.table import FIRST, SECOND, TEXT, WORDS, Cell, Page, Table

SIGNS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ"
# What Markdown, that of GitHub included, would read within a line, and at its beginning.
_ACTIVE = re.compile(r"([\\`*\[<~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|#(?=#*$))")
_BEGINNING = re.compile(r"^([#>=]|[+-](?=[\s-]|$)|\d+(?=[.)](?:\s|$)))")
_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    **{"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": r"\`{}", '"': "''"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"},
    "\0": "{}",
    **{"±": r"$\pm$", "–": "--", "−": "$-$", "…": r"\ldots{}"},
    **{"·": r"$\cdot$", "→": r"$\to$", "χ": r"$\chi$"},
    **{"†": r"$^\dagger$", "‡": r"$^\ddagger$", "§": r"$^\S$", "\u00a0": "~"},
    **{sign: f"$^{{\\mathrm{{{letter}}}}}$" for sign, letter in zip(SIGNS, "abcdefghijklmnop", strict=True)},
}
# Characters that can be read side by side on a page of LaTeX; wider tables are split.
PANEL = 150
RULES = "Rules, fixed before the runs:"
_RANKING = (
    "{}: best, {}: second best published number of each row and metric, recomputed from the printed numbers. "
    "Our runs are not ranked."
)
Link = Callable[[Cell], str | None]


def render(page: Page, suffix: str) -> str:
    """Return a page as the text of a file: ``md``, ``tex`` (booktabs, to be input) or a ``html`` page."""
    return {"md": _markdown, "tex": _latex, "html": _html}[suffix.removeprefix(".")](page)


def fragment(table: Table, link: Link | None = None, level: int = 0) -> Markup:
    """Return a table for a page of HTML of one's own.

    ``link`` says what a cell leads to, if anything: it names the ``runs`` behind it and what ``failed``.
    ``level`` is that of the heading above it, with notes and legend; 0: the table alone.
    """
    macros: Any = _PAGES.get_template("table.html.j2").module
    return Markup(macros.entry(table, level, link) if level else macros.grid(table, link))


def heading_id(table: Table) -> str:
    """Return the id of the heading of a table in HTML."""
    return f"table-{table.id}"


def _html(page: Page) -> str:
    return _PAGES.get_template("tables.html.j2").render(page=page, rules=RULES)


def _latex(page: Page) -> str:
    parts = []
    for table in page.tables:
        prose = any(column.prose for column in table.columns)
        parts.append((table, [table] if prose else table.panels(PANEL)))
    return _TEXTS.get_template("tables.tex.j2").render(page=page, tables=parts)


def _latex_cell(cell: Cell) -> str:
    command = {FIRST: r"\textbf", SECOND: r"\underline"}.get(cell.mark)
    number = f"{command}{{{latex(cell.number)}}}" if command else latex(cell.number)
    spread = rf" $\pm$ {latex(cell.spread)}" if cell.spread else ""
    ragged = r"\raggedright " if cell.kind == TEXT else ""
    whole = f"{ragged}{number}{spread}{latex(cell.signs)}"
    return rf"\multicolumn{{{cell.width}}}{{c}}{{{whole}}}" if cell.width > 1 else whole


def _prose(table: Table) -> str:
    """All that is said of a table: the caption in LaTeX."""
    marks = table.ranking or _RANKING.format("Bold", "underlined")
    ranked = [marks] if table.ranked else []
    return " ".join([*table.notes, *ranked, *table.legend, *table.failures.sentences])


def _markdown(page: Page) -> str:
    parts = [f"# {markdown(page.title)}", _bullets(page.notes)]
    parts += [RULES, _bullets(page.rules)] if page.rules else []
    for table in page.tables:
        parts += _markdown_table(table, table.title != page.title)
    parts += [] if page.tables else [markdown(page.empty)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(table: Table, titled: bool) -> Iterator[str]:
    yield f"## {markdown(table.title)}" if titled else ""
    yield _bullets(table.notes)
    for name, part in table.parts:
        yield f"### {markdown(name[0].upper() + name[1:])}" if name else ""
        yield pipes(part)
    marks = markdown(table.ranking) if table.ranking else _RANKING.format("**Bold**", "_italic_")
    failures = [f"  - `{name}`: {markdown(reason)}" for name, reason in table.failures.shown]
    more = [f"  - and {table.failures.more} more"] if table.failures.more else []
    below = [
        *([f"- {marks}"] if table.ranked else []),
        *([_bullets(table.legend)] if table.legend else []),
        *(["- Failed runs:", *failures, *more] if failures else []),
    ]
    yield "\n".join(below)


def _bullets(texts: Sequence[str]) -> str:
    return "\n".join(f"- {markdown(text)}" for text in texts)


def _markdown_cell(cell: Cell) -> str:
    sign = {FIRST: "**", SECOND: "_"}.get(cell.mark, "")
    # No-break spaces, or narrow pages wrap every cell with a standard deviation.
    spread = f"\u00a0±\u00a0{cell.spread}" if cell.spread else ""
    return f"{sign}{markdown(cell.number)}{sign}{spread}{cell.signs}"


def pipes(table: Table) -> str:
    """A pipe table, aligned in its source too: headings are joined, a block's name is in its first line."""
    rows = [[*table.names, *(" ".join(filter(None, column.headings)) for column in table.columns)]]
    rows[0] = [markdown(text) for text in rows[0]]
    for block in table.blocks:
        for line in block:
            first = markdown(line.names[0]) if line is block[0] else ""
            names = [f"**{first}**" if first and table.bold else first, *map(markdown, line.names[1:])]
            cells = [text for cell in line.cells for text in [_markdown_cell(cell), *[""] * (cell.width - 1)]]
            rows.append([*names, *cells])
    rows = [[text.replace("|", r"\|") for text in row] for row in rows]
    left = [*(True for _ in table.names), *(column.prose for column in table.columns)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = ["-" * (width - 1) + ("-" if flush else ":") for width, flush in zip(widths, left, strict=True)]
    lines = [_padded(row, widths, left) for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [lines[0], rule, *lines[1:]])


def _padded(row: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> list[str]:
    cells = zip(row, widths, left, strict=True)
    return [text.ljust(width) if flush else text.rjust(width) for text, width, flush in cells]


def plain(table: Table) -> str:
    """Return the lines and headings of a table as aligned text, for a terminal."""
    return "\n\n".join(
        f"{name}\n{_aligned(part)}" if name else _aligned(part) for name, part in table.parts if part.blocks
    )


def _aligned(table: Table) -> str:
    """Headings stand above their columns, long ones on several lines."""
    body = [
        [line.names[0] if line is block[0] else "", *line.names[1:], *(cell.plain for cell in line.cells)]
        for block in table.blocks
        for line in block
    ]
    heads = [name.split() for name in table.names]
    heads += [" ".join(column.headings).split() for column in table.columns]
    depth = max(map(len, heads))
    rows = [[([""] * (depth - len(head)) + head)[i] for head in heads] for i in range(depth)]
    left = [*(True for _ in table.names), *(column.prose for column in table.columns)]
    widths = [max(map(len, column)) for column in zip(*rows, *body, strict=True)]
    return "\n".join("  ".join(_padded(row, widths, left)).rstrip() for row in [*rows, *body])


def one_line(text: str) -> str:
    """Return ``text`` on one line; no-break spaces stay."""
    return re.sub(r"[^\S\u00a0]+", " ", text).strip()


def markdown(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is."""
    line = _ACTIVE.sub(r"\\\1", one_line(text))
    return _BEGINNING.sub(lambda found: found[1] + "\\" if found[1].isdigit() else "\\" + found[1], line)


def latex(text: str) -> str:
    """Return ``text`` with what is active in LaTeX, and what its standard font lacks, as commands."""
    apart = re.sub("-(?=-)", "-\0", one_line(text))  # two hyphens would become a dash
    return "".join(_LATEX.get(sign, sign) for sign in apart)


def latex_heading(text: str) -> str:
    """Return a column's heading for LaTeX, on two lines if it is long: its numbers are narrow."""
    first, _, last = text.rpartition(" ")
    if len(text) < 10 or not first:
        return latex(text)
    return rf"\shortstack[r]{{{latex(first)}\\{latex(last)}}}"


_OPTIONS: dict[str, Any] = {
    "loader": PackageLoader("specar.tables"), "undefined": StrictUndefined, "keep_trailing_newline": True,
    "trim_blocks": True, "lstrip_blocks": True,
}  # fmt: skip
_PAGES = Environment(autoescape=True, **_OPTIONS)
_PAGES.globals.update(missing=WORDS, ranking=_RANKING, heading_id=heading_id)
# Delimiters that do not occur in LaTeX: << >> and <% %>.
_TEXTS = Environment("<%", "%>", "<<", ">>", autoescape=False, **_OPTIONS)
_TEXTS.filters.update(tex=latex, tex_head=latex_heading, cell=_latex_cell, prose=_prose)
