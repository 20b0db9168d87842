"""Loading checkpoints of the authors' code, of SpecAR-Net and of the rivals that it holds.

A model's module says how that code calls its parameters: ``RELEASED``, pairs of a pattern and of what stands
for it here (None: not needed), and ``RELEASED_UNUSED``, a pattern of our names of what that code creates but
does not use for every task. Settings are the options of the same names, or what ``released_config(options)``
makes of them.
"""

from __future__ import annotations

import argparse
import importlib
import pickle
import pkgutil
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ValidationError
from torch import Tensor, nn

from specar import models
from specar.base.errors import SpecarError
from specar.base.strict import problems
from specar.models.shape import SeriesShape

_TASKS = ("long_term_forecast", "short_term_forecast", "imputation", "anomaly_detection", "classification")
# Options that a model of such a setting cannot do without: what it computes depends on them.
_NEEDED = {
    *("d_model", "d_ff", "n_heads", "e_layers", "d_layers", "moving_avg", "factor", "top_k", "num_kernels"),
    *("label_len", "p_hidden_dims", "p_hidden_layers"),
}
# What the paper and the configuration call models, where their modules have other names.
_ALSO = {
    **dict.fromkeys(("specarnet", "specarreleased"), "specar"),
    **dict.fromkeys(("stationary", "nonstationary"), "nonstationarytransformer"),
}


def from_released(
    weights: Mapping[str, Any] | str | Path,
    config: Mapping[str, Any] | argparse.Namespace,
    model: str = "SpecAR-Net",
) -> nn.Module:
    """Build the model, in evaluation mode, from a checkpoint of the authors' code.

    Parameters
    ----------
    weights : mapping or path
        The state dict (tensors or arrays) or the path of the checkpoint file. Prefixes ``weight/``
        and ``module.`` are removed.
    config : mapping or namespace
        The options of the authors' program: task_name, seq_len, pred_len, enc_in, num_class for
        classification, and those of the model (d_model, d_ff, e_layers, …). Prefix ``config/`` is removed,
        other options are ignored.
    model : str
        The model as the authors' program, the paper or the configuration calls it.

    Raises
    ------
    SpecarError
        The model is unknown; an option or a parameter is missing, unknown, or has another shape than the
        options say.
    """
    module, options = _module(model), _options(config)
    try:
        network: nn.Module = module.build(_settings(module, options), _shape(options))
    except KeyError as error:
        raise SpecarError(f"config of the released model lacks {error}") from error
    except ValidationError as error:
        raise SpecarError(f"config of the released model: {problems(error)}") from error
    except (TypeError, ValueError) as error:
        raise SpecarError(f"config of the released model: {error}") from error
    unused = getattr(module, "RELEASED_UNUSED", "(?!)")
    network.load_state_dict(_matched(_state(weights, module), network.state_dict(), unused))
    return network.eval()


def _module(model: str) -> ModuleType:
    """Return the module of a model by its name, however that is capitalised and divided."""
    known = {_plain_name(info.name): info.name for info in pkgutil.iter_modules(models.__path__)}
    known |= {name: known[module] for name, module in _ALSO.items()}
    if found := known.get(_plain_name(model)):
        module = importlib.import_module(f"{models.__name__}.{found}")
        if hasattr(module, "RELEASED"):
            return module
    raise SpecarError(f"the authors' code has no model {model!r:.80} that is known here")


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _options(config: Mapping[str, Any] | argparse.Namespace) -> dict[str, Any]:
    items = config if isinstance(config, Mapping) else vars(config)
    plain = {key.removeprefix("config/"): value for key, value in items.items()}
    return {key: _plain(value) for key, value in plain.items() if value is not None}


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic | Tensor) else value


def _settings(module: ModuleType, options: Mapping[str, Any]) -> BaseModel:
    if make := getattr(module, "released_config", None):
        return make(options)
    if options.get("activation", "gelu") != "gelu":
        raise ValueError(f"activation must be gelu, got {options['activation']!r}")
    fields = module.Config.model_fields
    return module.Config(**{name: options[name] for name in fields if name in options or name in _NEEDED})


def _shape(options: Mapping[str, Any]) -> SeriesShape:
    task = options["task_name"]
    if task not in _TASKS:
        raise ValueError(f"task_name must be one of {', '.join(_TASKS)}, got {task!r}")
    return SeriesShape(
        channels=int(options["enc_in"]),
        seq_len=int(options["seq_len"]),
        pred_len=int(options["pred_len"]) if task.endswith("_forecast") else 0,
        time_features=4 if task in ("long_term_forecast", "imputation") else 0,
        classes=int(options["num_class"]) if task == "classification" else 0,
    )


def _state(weights: Mapping[str, Any] | str | Path, module: ModuleType) -> dict[str, Tensor]:
    loaded = weights if isinstance(weights, Mapping) else _read(Path(weights))
    state: dict[str, Tensor] = {}
    for key, value in loaded.items():
        name = _released_name(key.removeprefix("weight/").removeprefix("module."), module)
        if name is None:
            continue
        if not isinstance(value, Tensor | np.ndarray):
            raise SpecarError(f"released checkpoint: {key} is no tensor; give the state dict of the model")
        state[name] = torch.as_tensor(value)
    return state


def _released_name(name: str, module: ModuleType) -> str | None:
    """Return our name for a parameter of the authors' checkpoint; None for one that is not needed."""
    for pattern, replacement in module.RELEASED:
        if replacement is None and re.search(pattern, name):
            return None
        name = re.sub(pattern, replacement or "", name)
    return name


def _read(path: Path) -> Mapping[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error) or "it is empty").splitlines()[0]
        raise SpecarError(f"cannot read checkpoint {path}: {reason}") from error
    if not isinstance(state, Mapping):
        raise SpecarError(f"checkpoint {path} is no state dict of a model")
    return state


def _matched(state: dict[str, Tensor], wanted: Mapping[str, Tensor], unused: str) -> dict[str, Tensor]:
    unknown = [name for name in state if name not in wanted and not re.search(unused, name)]
    missing = [name for name in wanted if name not in state]
    for name in wanted.keys() & state.keys():
        if state[name].shape == (*wanted[name].shape, 1):  # a convolution of one step is a linear map here
            state[name] = state[name].squeeze(-1)
    shapes = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    for problem, names in (("unknown", unknown), ("missing", missing), ("wrongly shaped", shapes)):
        if names:
            raise SpecarError(f"released checkpoint: {problem} parameter {names[0]} ({len(names)} in all)")
    return {name: state[name] for name in wanted}


def released_parameters(
    network: nn.Module, names: Iterable[str], model: str = "SpecAR-Net"
) -> dict[str, nn.Parameter]:
    """Look up parameters of ``network`` by the authors' names."""
    own, module = dict(network.named_parameters()), _module(model)
    return {name: own[ours] for name in names if (ours := _released_name(name, module)) in own}
