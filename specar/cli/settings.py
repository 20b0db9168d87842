"""The command about configurations."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from specar.cli.options import add_command, plan_of
from specar.config.generate import default_yaml, registry_schema_json, schema_json

if TYPE_CHECKING:
    from specar.cli.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    text = "check a configuration, or print the default one or a schema"
    added = add_command(commands, "config", _config, text)
    added.add_argument("what", choices=["check", "default", "schema", "registry-schema"])


def _config(options: argparse.Namespace) -> None:
    texts = {"default": default_yaml, "schema": schema_json, "registry-schema": registry_schema_json}
    if options.what == "check":
        plan = plan_of(options)
        print(f"{len(plan.runs)} runs, {len(plan.datasets)} datasets, {len(plan.tasks)} tasks")
    else:
        print(texts[options.what](), end="")
