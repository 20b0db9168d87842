"""What the sections of the report are made of: their templates, and the words in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True)
class Entry:
    """A line of the contents below a section: the id of a heading in its body, and its text."""

    id: str
    title: str


@dataclass(frozen=True)
class Section:
    """A section of the report; headings in its body are ``h3`` and lower, ``entries`` are in the contents."""

    id: str
    title: str
    body: Markup
    entries: tuple[Entry, ...] = ()
    is_open: bool = False  # not folded


def render(template: str, **values: Any) -> Markup:
    """Return a template of the report, or of the tables, as markup; ``values`` that are text are escaped."""
    return Markup(_PAGES.get_template(template).render(**values))


def slug(*parts: object) -> str:
    """Return parts as one id of letters, digits, points and dashes; it keeps the case: ETTh1 is a name."""
    text = "-".join(str(part) for part in parts if part not in (None, ""))
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


def plural(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def duration(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes:02d} min" if hours else f"{minutes} min"


def _memory(amount: float | None) -> str:
    return f"{amount / 1e9:.2f} GB" if amount else ""


_PAGES = Environment(
    loader=ChoiceLoader([PackageLoader("specar.report"), PackageLoader("specar.tables")]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=True,
)
_PAGES.filters.update(slug=slug, plural=plural, duration=duration, memory=_memory)
