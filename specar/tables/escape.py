"""Plain text in Markdown and LaTeX: what a user or a library wrote is shown as it is."""

from __future__ import annotations

import re

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
    **{
        "±": r"$\pm$",
        "–": "--",
        "−": "$-$",
        "…": r"\ldots{}",
        "·": r"$\cdot$",
        "→": r"$\to$",
        "χ": r"$\chi$",
    },
    **{"†": r"$^\dagger$", "‡": r"$^\ddagger$", "§": r"$^\S$", "\u00a0": "~"},
    **{sign: f"$^{{\\mathrm{{{letter}}}}}$" for sign, letter in zip(SIGNS, "abcdefghijklmnop", strict=True)},
}


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
