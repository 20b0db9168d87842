"""Reads the structure of a page: elements with their attributes and text, each closed where it was opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}
RAW = {"style", "script"}


@dataclass
class Element:
    """An element with its attributes, its children and the text directly in it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def all(self, *tags: str) -> list[Element]:
        """Every element below with one of these tags, in order; all elements without tags."""
        found = []
        for child in self.children:
            found += [child] if child.tag in tags or not tags else []
            found += child.all(*tags)
        return found

    def inside(self, tag: str) -> bool:
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))

    @property
    def text(self) -> str:
        """All text in it, blanks as one."""
        return " ".join(" ".join(self.texts).split())


class Page(HTMLParser):
    """A parsed page; an element that is not closed, or closed twice, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = self._open = Element("", {})
        self.feed(text)
        self.close()
        assert self._open is self.root, self._open.tag
        self.ids = [e.attributes["id"] for e in self.root.all() if "id" in e.attributes]

    def by_id(self, name: str) -> Element:
        (found,) = [e for e in self.root.all() if e.attributes.get("id") == name]
        return found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(dict(attributes)) == len(attributes), (tag, attributes)
        element = Element(tag, {name: text or "" for name, text in attributes}, self._open)
        self._open.children.append(element)
        if tag not in VOID:
            self._open = element

    def handle_endtag(self, tag: str) -> None:
        assert self._open.tag == tag, (self._open.tag, tag)
        assert self._open.parent is not None
        self._open = self._open.parent

    def handle_data(self, text: str) -> None:
        element: Element | None = self._open
        while element is not None:
            if element.tag in RAW and element is not self._open:
                break
            element.texts.append(text)
            element = element.parent
            if self._open.tag in RAW:
                break
