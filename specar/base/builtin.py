"""YAML files that come with the package, read by libyaml where there is it: every job reads them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_builtin(package: str, name: str) -> dict[str, Any]:
    """Read a YAML mapping that lies in ``package``."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    values: dict[str, Any] = yaml.load(text, Loader)
    return values
