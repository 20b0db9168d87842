"""A safe subset of YAML: no tags, bounded size, depth and aliases, no key twice; merge keys work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from specar.base.names import first_control
from specar.base.strict import one_line

# libyaml where there is it: every job reads these files.
Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BYTES, _NODES, _DEPTH = 4_000_000, 50_000, 40  # the project's own files have less than a tenth of it
_DIGITS, _SIGNS = 19, 20_000
_LARGEST = 10**12  # of a whole number anywhere in a configuration


def read_builtin(package: str, name: str) -> dict[str, Any]:
    """Read a YAML mapping that lies in ``package``."""
    values: dict[str, Any] = yaml.load(files(package).joinpath(name).read_text(encoding="utf-8"), Loader)
    return values


def read_safe_yaml(path: Path) -> Any:
    """Read a YAML file; OSError: it cannot be read.

    Raises ValueError: it is no YAML, or not of this subset, in one line, with the line of the file.
    """
    with path.open("rb") as file:
        content = file.read(_BYTES + 1)
    if len(content) > _BYTES:
        raise ValueError(f"it has more than {_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
        _check_events(text)
        values = yaml.load(text, _Subset)
    except yaml.YAMLError as error:
        raise ValueError(one_line(str(error))) from error
    check_plain(values)
    return values


def _check_events(text: str) -> None:
    """Refuse tags, and more nodes (aliases expanded) or depth than a configuration has."""
    sizes: dict[str, int] = {}  # nodes behind an anchor
    opened: list[tuple[str | None, int]] = []  # anchor of each open collection, nodes before it
    count = 0
    for event in yaml.parse(text, Loader):
        if isinstance(event, yaml.NodeEvent):
            count += 1
            if getattr(event, "tag", None) is not None:
                raise _problem(event, f"tags such as {event.tag} are not allowed")  # type: ignore[attr-defined]
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in opened):
                raise _problem(event, f"*{event.anchor} stands within itself")
            count += sizes.get(event.anchor or "", 0)
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, count))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = count - before
        if len(opened) > _DEPTH:
            raise _problem(event, f"nested more than {_DEPTH} deep")
        if count > _NODES:
            raise _problem(event, f"more than {_NODES:,} values, aliases counted where they stand")


def _problem(place: yaml.Event | yaml.Node, text: str) -> yaml.YAMLError:
    line = place.start_mark.line + 1 if place.start_mark else "?"
    return yaml.YAMLError(f"line {line}: {text}")


class _Subset(Loader):  # type: ignore[misc,valid-type]
    """Refuses a key that is given twice, of which YAML would silently take the last."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Check the keys that a mapping has of its own, before those that it merges come in."""
        if not hasattr(node, "checked"):
            node.checked = True  # type: ignore[attr-defined]
            seen: set[str] = set()
            for key_node, _ in node.value:
                key = self._key(key_node)
                if key in seen:
                    raise _problem(key_node, f"{key:.80} is given twice")
                seen.add(key)
        super().flatten_mapping(node)

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _problem(node, "a key must be a text or a number")
        merges = node.tag == "tag:yaml.org,2002:merge"
        return str(node.value if merges else self.construct_object(node))

    def number(self, node: yaml.ScalarNode) -> int | float | str:
        """A number as people write it; 12:30, a number to base 60 in YAML 1.1, is a text."""
        text = str(node.value)
        if ":" in text:
            return text
        whole = node.tag.endswith(":int")
        if whole and len(text.lstrip("+-")) > _DIGITS:
            raise _problem(node, f"a whole number of more than {_DIGITS} digits")
        if whole and re.fullmatch(r"[-+]?0[0-7_]+", text):
            raise _problem(node, f"{text} would be a number to base 8; write it without the leading 0")
        try:
            return self.construct_yaml_int(node) if whole else self.construct_yaml_float(node)  # type: ignore[no-any-return]
        except ValueError:
            raise _problem(node, f"{text:.40} is no number") from None


_Subset.add_constructor("tag:yaml.org,2002:int", _Subset.number)
_Subset.add_constructor("tag:yaml.org,2002:float", _Subset.number)
# No setting is a date: what looks like one, sensible or not, is a text.
_Subset.add_constructor("tag:yaml.org,2002:timestamp", _Subset.construct_scalar)


def check_plain(values: Any, place: str = "") -> None:
    """Refuse texts with control characters, which no name or note has, and enormous numbers: ValueError."""
    for part, value in _leaves(values, place):
        if isinstance(value, str):
            if bad := first_control(value):
                raise ValueError(f"{part}: control character U+{ord(bad):04X} in {value!r:.80}")
            if len(value) > _SIGNS:
                raise ValueError(f"{part}: a text of more than {_SIGNS:,} signs")
        elif isinstance(value, int) and abs(value) > _LARGEST:
            raise ValueError(f"{part}: a whole number larger than any setting may be")


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            inner = f"{place}.{key}" if place else str(key)
            yield f"a key of {place}" if place else "a key", key
            yield from _leaves(one, inner)
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _leaves(one, f"{place}.{number}")
    else:
        yield place, value
