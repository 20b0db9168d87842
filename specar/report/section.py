"""What the report is made of: sections, each with its place in the contents."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Entry:
    """A line of the contents below a section: the id of a heading in its body, and its text."""

    id: str
    title: str


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes
    ----------
    id
        Id of its heading, which nothing else in the page has.
    title
        Its heading, plain text.
    body
        What stands below the heading; its own headings are ``h3`` and lower.
    entries
        Headings of the body that are in the contents.
    """

    id: str
    title: str
    body: Markup
    entries: tuple[Entry, ...] = ()
