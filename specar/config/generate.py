"""The default configuration as YAML and the JSON schemas, generated from the pydantic models."""

from __future__ import annotations

import json
from typing import Any

import yaml
from pydantic import BaseModel, TypeAdapter

from specar.config.schema import Config
from specar.data.registry import DATASET_FORMATS, Dataset

_PARTS_OF_ENTRIES = (
    *(entry.__name__ for entry in DATASET_FORMATS.values()),
    *("DatasetFile", "Splits", "RowCount", "PartCounts", "CaseCounts", "Ablation", "ModelEntry"),
)
_MERGED = ("models", "experiments", "ablations", "datasets")  # over what the package brings
_HEADER = """\
# yaml-language-server: $schema=config.schema.json
# The paper in full, and its cheap rivals on the same data; config/rivals.yaml has the others.
# Written by 'specar config default'; every key may be left out.
# What can stand in model:, training: and task_settings:, here or in an entry of the matrix, is in
# config.schema.json; it replaces the settings of the experiments.
"""


def default_yaml() -> str:
    """Return the default configuration with a comment per key."""
    return _HEADER + "\n" + "\n".join(_entry(Config(), name) for name in Config.model_fields)


def _entry(config: BaseModel, name: str, indent: str = "") -> str:
    field, value = type(config).model_fields[name], getattr(config, name)
    comment = f"{indent}# {field.description}\n" if field.description else ""
    if isinstance(config, Config) and name in ("model", "training", "task_settings"):
        return f"{comment}{name}: {{}}\n"
    if isinstance(value, BaseModel):
        inner = "".join(_entry(value, key, indent + "  ") for key in type(value).model_fields)
        return f"{comment}{indent}{name}:\n{inner}"
    if name in _MERGED:
        value = {}
    if isinstance(value, list):
        value = [
            item.model_dump(exclude_unset=True) if isinstance(item, BaseModel) else item for item in value
        ]
    flow = None if name == "matrix" else True
    text = yaml.safe_dump({name: value}, default_flow_style=flow, width=110).strip()
    text = text[1:-1] if flow else text
    return comment + indent + text.replace("\n", "\n" + indent) + "\n"


def schema_json() -> str:
    """Return the JSON schema of configuration files."""
    schema = Config.model_json_schema(mode="validation")
    for name in _MERGED:  # their defaults are files ...
        schema["properties"][name].pop("default", None)
    for name in _PARTS_OF_ENTRIES:  # ... over which parts of an entry are merged
        schema["$defs"][name].pop("required", None)
    return _dump(schema)


def registry_schema_json() -> str:
    """Return the JSON schema of the registry."""
    return _dump(TypeAdapter(dict[str, Dataset]).json_schema())


def _dump(schema: dict[str, Any]) -> str:
    _close(schema)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _close(schema: Any) -> None:
    """Refuse keys of mappings that do not match their pattern, as the program does."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            _close(part)
    elif isinstance(schema, list):
        for part in schema:
            _close(part)
