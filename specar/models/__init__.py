"""Models: a module or folder each; README.md beside this file says what one offers. Imports nothing heavy."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ValidationError

from specar.base.errors import SpecarError
from specar.base.strict import Strict, problems
from specar.models.modules import import_module, in_one_line, sha256_of_module
from specar.models.shape import SeriesShape, Work

if TYPE_CHECKING:
    from torch import nn


class NoSettings(Strict):
    """The settings of a model whose module declares none."""


@dataclass(frozen=True)
class ModelSpec:
    """What the module of a model offers (see README.md); ``sha256`` is that of a user's own file."""

    module: str
    build: Callable[[Any, SeriesShape], nn.Module] | None
    config: type[BaseModel] = NoSettings
    tasks: frozenset[str] = frozenset()
    batch_dependent: bool | Literal["training"] = False
    future_time: bool = False
    work: Callable[[Any, SeriesShape], Work] | None = None
    estimator: Callable[[Any, SeriesShape, int], Any] | None = None
    sha256: str | None = None

    @property
    def top(self) -> bool:
        """Whether the model has a TOP head."""
        return "top" in self.config.model_fields

    @property
    def fitted(self) -> bool:
        """Whether the model is fitted in one go, without epochs."""
        return self.estimator is not None

    @property
    def builtin(self) -> bool:
        """Whether the model comes with the package."""
        return self.module.startswith(f"{__name__}.")

    @property
    def name(self) -> str:
        """How records call the module, however a configuration does."""
        return self.module.removeprefix(f"{__name__}.")

    def settings(self, values: Mapping[str, Any]) -> BaseModel:
        """Validate settings; what is unknown is an error, whatever the class itself says.

        `ValueError`: a setting is unknown or has a bad value, or the settings would not come back from a
        record as they were, so that the id of a run would change.
        """
        made = self._validated(values)
        if not self.builtin:
            try:
                said = made.model_dump(mode="json")
                same = [self._validated(one).model_dump(mode="json") for one in (values, said)]
                texts = {json.dumps(one, sort_keys=True, allow_nan=False) for one in (said, *same)}
            except ValueError as error:
                raise ValueError(
                    f"settings of {self.name} cannot be written into a record: {error}"
                ) from error
            if len(texts) > 1 or _has_set(made.model_dump()):
                needs = "plain values with fixed defaults, and lists in place of sets"
                raise ValueError(
                    f"settings do not come back from a record as they were; Config needs {needs}"
                )
        return made

    def _validated(self, values: Mapping[str, Any]) -> BaseModel:
        known = self.config.model_fields
        for name in values:
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                hint = f" (did you mean {close[0]}?)" if close else ""
                has = "" if known else f"; {self.name} declares no Config"
                raise ValueError(f"unknown setting {name}{hint}{has}")
        try:
            with self.errors("its Config raises"):
                return self.config.model_validate(dict(values), by_name=True)
        except ValidationError as error:
            raise ValueError(problems(error)) from error

    def work_of(self, settings: BaseModel, shape: SeriesShape) -> Work | None:
        """Count what it needs per example; None where it does not say. SpecarError: its ``work`` fails."""
        with self.errors("work raises"):
            counted = self.work and self.work(settings, shape)
        if not isinstance(counted, Work | None):
            raise SpecarError(f"model {self.name!r}: work returned a {type(counted).__name__}, no Work")
        return counted

    def errors(self, what: str, certain: bool = True) -> AbstractContextManager[None]:
        """Say in one line what a user's code raises in the block (see `in_one_line`)."""
        return in_one_line(f"model {self.name!r}: {what}", certain) if not self.builtin else nullcontext()


def _has_set(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return isinstance(value, set | frozenset) or any(map(_has_set, parts))


@cache
def spec_of(module: str) -> ModelSpec:
    """Return what a module of ``specar.models``, of the working folder or of Python's path offers.

    `SpecarError`: there is none, it cannot be imported, or what it offers is not what README.md says.
    """
    found = import_module(module)
    where, tasks = f"model module {module!r} ({found.__file__ or 'built in'})", getattr(found, "TASKS", ())
    if not isinstance(tasks, str | tuple | list | set | frozenset):
        raise SpecarError(f"{where}: its TASKS are no names of tasks")
    dependent = getattr(found, "BATCH_DEPENDENT", False)
    spec = ModelSpec(
        found.__name__,
        getattr(found, "build", None),
        getattr(found, "Config", NoSettings),
        frozenset([tasks] if isinstance(tasks, str) else map(str, tasks)),
        dependent if dependent == "training" else bool(dependent),
        bool(getattr(found, "FUTURE_TIME", False)),
        getattr(found, "work", None),
        getattr(found, "estimator", None),
        sha256_of_module(found),
    )
    if not callable(spec.estimator if spec.build is None else spec.build):
        raise SpecarError(f"{where} has no build(config, shape)")
    if not (isinstance(spec.config, type) and issubclass(spec.config, BaseModel)):
        raise SpecarError(f"{where}: its Config is no pydantic class")
    if not (spec.work is None or callable(spec.work)):
        raise SpecarError(f"{where}: its work is no function")
    return spec


def build_model(module: str, config: BaseModel, shape: SeriesShape, mix_first: bool = True) -> nn.Module:
    """Build a model; its output is checked wherever it is called.

    Without ``mix_first`` SpecAR blocks convolve planes (``execution.mix_first``), also those of other models.

    `SpecarError`: building it fails, or what is built is no network with something to train.
    """
    from specar.models.base import checked

    spec = spec_of(module)
    if spec.build is None:
        raise SpecarError(f"model {spec.name!r} is fitted, and is no network")
    with spec.errors("build raises"):
        model = spec.build(config, shape)
    if not mix_first:
        from specar.models.specar.block import SpecARBlock

        for block in model.modules():
            if isinstance(block, SpecARBlock):
                block.mix_first = False
    return checked(model, spec.name, shape, bool(getattr(config, "top", False)))
