"""The templates of the report."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from specar.report.text import duration, memory, plural, slug

_PAGES = Environment(
    loader=ChoiceLoader([PackageLoader("specar.report"), PackageLoader("specar.tables")]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=True,
)
_PAGES.filters.update(slug=slug, plural=plural, duration=duration, memory=memory)


def render(template: str, **values: Any) -> Markup:
    """Return a template of the report, or of the tables, as markup; ``values`` that are text are escaped."""
    return Markup(_PAGES.get_template(template).render(**values))
