"""Models: a module or folder each; README.md beside this file says what one offers. Imports nothing heavy."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from specar.base.errors import SpecarError
from specar.base.strict import Strict, problems
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn


class NoSettings(Strict):
    """The settings of a model whose module declares none."""


@dataclass(frozen=True)
class ModelSpec:
    """What the module of a model offers.

    Attributes
    ----------
    build
        ``build(config, shape)`` returns the network (see :mod:`specar.models.base`).
    config
        Pydantic class of its settings, ``Config`` in the module. One that has TOP has the setting ``top``.
    tasks
        Tasks that it can do, ``TASKS`` in the module; empty for all.
    batch_dependent
        Whether its output for an example depends on the others of the batch, ``BATCH_DEPENDENT``: batches are
        never split then.
    work
        ``work(config, shape)`` counts what it needs per example; None where nobody has counted it.
    """

    module: str
    build: Callable[[Any, SeriesShape], nn.Module]
    config: type[BaseModel] = NoSettings
    tasks: frozenset[str] = frozenset()
    batch_dependent: bool = False
    work: Callable[[Any, SeriesShape], Work] | None = None

    @property
    def top(self) -> bool:
        """Whether the model has a TOP head."""
        return "top" in self.config.model_fields

    @property
    def builtin(self) -> bool:
        """Whether the model comes with the package."""
        return self.module.startswith(f"{__name__}.")

    def settings(self, values: Mapping[str, Any]) -> BaseModel:
        """Validate settings; what is unknown is an error, whatever the class itself says.

        Raises
        ------
        ValueError
            A setting is unknown or has a bad value.
        """
        known = self.config.model_fields
        for name in values:
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                hint = f" (did you mean {close[0]}?)" if close else ""
                has = "" if known else f"; {self.module} declares no Config"
                raise ValueError(f"unknown setting {name}{hint}{has}")
        try:
            return self.config.model_validate(dict(values))
        except ValidationError as error:
            raise ValueError(problems(error)) from error


@cache
def spec_of(module: str) -> ModelSpec:
    """Return what a module of ``specar.models``, of the working folder or of Python's path offers.

    Raises
    ------
    SpecarError
        There is no such module, it cannot be imported, or it has no ``build``.
    """
    found = _import(module)
    if not callable(getattr(found, "build", None)):
        raise SpecarError(f"model module {module!r} ({_file(found)}) has no build(config, shape)")
    config = getattr(found, "Config", NoSettings)
    if not (isinstance(config, type) and issubclass(config, BaseModel)):
        raise SpecarError(f"Config of model module {module!r} ({_file(found)}) is no pydantic class")
    tasks = frozenset(getattr(found, "TASKS", ()))
    dependent = bool(getattr(found, "BATCH_DEPENDENT", False))
    return ModelSpec(found.__name__, found.build, config, tasks, dependent, getattr(found, "work", None))


def _file(module: Any) -> str:
    return str(getattr(module, "__file__", "built in"))


def _import(module: str) -> Any:
    """Import a model: one of the package by its name, else from the working folder as Snakemake does."""
    if "." not in module and importlib.util.find_spec(f"{__name__}.{module}"):
        return importlib.import_module(f"{__name__}.{module}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and module.split(".")[0] == error.name.split(".")[0]:
            known = "a module of specar.models, of the working folder, or a dotted path"
            raise SpecarError(f"model module {module!r}: {error}; give {known}") from error
        raise SpecarError(f"model module {module!r} cannot be imported: {_said(error)}") from error
    except Exception as error:  # it is a user's code: whatever it raises
        raise SpecarError(f"model module {module!r} cannot be imported: {_said(error)}") from error


def _said(error: Exception) -> str:
    """An error of a user's code in one line, with the place where it was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = (str(error) or "no message").splitlines()[0]
    return f"{type(error).__name__}: {text} ({last.filename}:{last.lineno})"


def build_model(module: str, config: BaseModel, shape: SeriesShape) -> nn.Module:
    """Build a model; its output is checked wherever it is called.

    Raises
    ------
    SpecarError
        Building it fails, or what is built is no network.
    """
    from specar.models.base import checked

    try:
        model = spec_of(module).build(config, shape)
    except (SpecarError, MemoryError):
        raise
    except Exception as error:  # likewise
        if "out of memory" in str(error).lower():
            raise
        raise SpecarError(f"model {module!r} cannot be built: {_said(error)}") from error
    return checked(model, module, shape)
