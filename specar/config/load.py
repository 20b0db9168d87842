"""Reading configuration files into :class:`~specar.config.schema.Config`."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from specar.base.errors import SpecarError
from specar.base.safe_yaml import check_plain, read_safe_yaml
from specar.base.strict import listed, one_line, problem_text
from specar.config.schema import Config, builtin
from specar.data.registry import DATASET_FORMATS, builtin_datasets


def load_config(*paths: str | Path) -> Config:
    """Read configuration files, later ones over earlier ones; without any, the paper in full.

    `SpecarError`: a file is missing, is not YAML, or has an unknown key or a bad value.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        merged = merge(merged, read_yaml(Path(path)))
    return parse_config(merged, ", ".join(map(str, paths)) or "config")


def parse_config(values: Mapping[str, Any], where: str = "config") -> Config:
    """Validate configuration values, merged over what the package brings."""
    try:
        check_plain(values)
    except ValueError as error:
        raise SpecarError(f"{where}: {one_line(str(error))}") from error
    values = dict(values)
    defaults = {
        **{name: builtin(name) for name in ("models", "experiments", "ablations")},
        "datasets": {name: entry.model_dump() for name, entry in builtin_datasets().items()},
    }
    for key, default in defaults.items():
        if isinstance(values.get(key), Mapping):
            values[key] = merge(default, values[key])
        elif values.get(key) is None:
            values.pop(key, None)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise SpecarError(f"{where}: {explain(error)}") from error


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping, in the subset of :mod:`specar.base.safe_yaml`."""
    shown = one_line(str(path), 200)
    try:
        values = read_safe_yaml(path)
    except OSError as error:
        raise SpecarError(f"cannot read config {shown}: {error.strerror or error}") from error
    except ValueError as error:
        raise SpecarError(f"config {shown} is not valid YAML: {one_line(str(error))}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SpecarError(f"config {shown} must be a mapping of settings, not a {type(values).__name__}")
    return values


def merge(base: Mapping[Any, Any], over: Mapping[Any, Any]) -> dict[Any, Any]:
    """Merge mappings deeply; anything that is not a mapping is replaced.

    Keys that read the same are the same: 96 and "96" (JSON has no other), 0.25 and "0.25".
    """
    merged = copy.deepcopy(dict(base))
    keys = {str(key): key for key in merged}
    for key, value in over.items():
        own = keys.get(str(key), key)
        old = merged.get(own)
        merged[own] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def explain(error: ValidationError) -> str:
    """Say in one line what is wrong and where."""
    return listed(error, _explain_one)


def _explain_one(problem: Mapping[str, Any]) -> str:
    place, tag = _without_tag(problem["loc"])
    location = f"{'.'.join(map(str, place)):.200}"
    match problem["type"]:
        case "extra_forbidden":
            known = set(DATASET_FORMATS[tag].model_fields) if tag and len(place) == 3 else _all_keys()
            close = difflib.get_close_matches(str(place[-1]), known - {str(place[-1])}, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            return f"unknown key {location}{hint}"
        case "union_tag_invalid":
            given = problem["input"]["format"]
            shown = "null" if given is None else repr(given)
            return f"{location}.format: {shown:.80} is no format; known: {', '.join(DATASET_FORMATS)}"
        case "union_tag_not_found":
            shown = "null" if problem["input"] is None else repr(problem["input"])
            return f"{location}: {shown:.80} is not a mapping of settings; give it some or remove it"
    return problem_text(location, problem)


def _without_tag(place: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], str | None]:
    """A place without the format that pydantic puts after the name of a dataset, and that format."""
    if len(place) > 2 and place[0] == "datasets" and place[2] in DATASET_FORMATS:
        return (*place[:2], *place[3:]), str(place[2])
    return place, None


def _all_keys() -> set[str]:
    keys: set[str] = set()
    pending: list[type[BaseModel]] = [Config]
    while pending:
        model = pending.pop()
        for name, field in model.model_fields.items():
            keys.add(name)
            pending += [m for m in _models_in(field.annotation) if not keys >= set(m.model_fields)]
    return keys


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
