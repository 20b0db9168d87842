"""Loading checkpoints of the authors' code."""

from __future__ import annotations

import argparse
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from specar.base.errors import SpecarError
from specar.base.strict import problems
from specar.models.shape import SeriesShape
from specar.models.specar.config import SpecARConfig
from specar.models.specar.net import SpecARNet

# The authors' parameter names on the left, ours on the right.
_RENAMED = (
    (r"^enc_embedding\.value_embedding\.tokenConv\.", "embedding.value."),
    (r"^enc_embedding\.temporal_embedding\.embed\.", "embedding.time."),
    (r"^predict_linear\.", "extend."),
    (r"^projection\.", "head."),
    (r"^layer_norm\.", "norms.0."),
    (r"^conv1d\.", "order_head.conv."),
    (r"^l1\.", "order_head.linear."),
    (r"^model\.(\d+)\.cnn\.", r"blocks.\1.branches."),
    (r"^model\.(\d+)\.l0\.", r"blocks.\1.to_real."),
    (r"^model\.(\d+)\.l2\.", r"blocks.\1.to_steps."),
    (r"\.conv_r\.", ".real."),
    (r"\.conv_i\.", ".imag."),
)
# Buffers, and a second name of the first branch's tensors.
_IGNORED = re.compile(r"position_embedding|single_ComplexConv_dila0|\.window$")
# Parameters that the authors' code creates for every task but uses only for some.
_OPTIONAL = re.compile(r"^(order_head|embedding\.time|extend|norms)\.|\.to_steps\.")
_HAS_TOP = {
    **dict.fromkeys(("long_term_forecast", "short_term_forecast", "imputation"), True),
    **dict.fromkeys(("anomaly_detection", "classification"), False),
}
# The authors spell the complex convolution in their own way.
_BACKBONES = {
    **dict.fromkeys(("CompelxConv2d", "ComplexConv2d", "MCN"), "MCN"),
    **dict.fromkeys(("DualChannelConv2d", "DCN"), "DCN"),
    "Embed": "Embed",
}
_OPTIONS = (
    *("task_name", "seq_len", "pred_len", "enc_in", "num_class", "dropout", "backbone", "d_model", "d_ff"),
    *("e_layers", "conv_layers", "n_fft", "win_len", "win_func", "hop_length"),
)


def released_name(name: str) -> str | None:
    """Return our name for a parameter of the authors' checkpoint; None for one that is not needed."""
    if _IGNORED.search(name):
        return None
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def from_released(
    weights: Mapping[str, Any] | str | Path, config: Mapping[str, Any] | argparse.Namespace
) -> SpecARNet:
    """Build the model, in evaluation mode, from a checkpoint of the authors' code.

    ``weights`` is the state dict (tensors or arrays) or the path of the checkpoint file; prefixes ``weight/``
    and ``module.`` are removed. ``config`` has the options of the authors' program (`_OPTIONS`; num_class for
    classification); prefix ``config/`` is removed, other options are ignored. `SpecarError`: an option or a
    parameter is missing, unknown, or has another shape than the options say.
    """
    options = _options(config)
    try:
        model = SpecARNet(_model_config(options), _shape(options))
    except KeyError as error:
        raise SpecarError(f"config of the released model lacks {error}") from error
    except (TypeError, ValueError) as error:
        said = problems(error) if isinstance(error, ValidationError) else error
        raise SpecarError(f"config of the released model: {said}") from error
    model.load_state_dict(_matched(_state(weights), model.state_dict()))
    return model.eval()


def _options(config: Mapping[str, Any] | argparse.Namespace) -> dict[str, Any]:
    items = config if isinstance(config, Mapping) else vars(config)
    plain = {key.removeprefix("config/"): value for key, value in items.items()}
    return {
        key: value.item() if isinstance(value, np.ndarray | np.generic | Tensor) else value
        for key in _OPTIONS
        if (value := plain.get(key)) is not None
    }


def _model_config(options: Mapping[str, Any]) -> SpecARConfig:
    same = ("d_model", "d_ff", "e_layers", "conv_layers", "n_fft", "hop_length")
    return SpecARConfig(
        architecture="released",
        backbone=_choice(_BACKBONES, options.get("backbone", "CompelxConv2d"), "backbone"),
        window=options["win_func"],
        window_length=options["win_len"],
        dropout=options.get("dropout", 0.1),
        top=_choice(_HAS_TOP, options["task_name"], "task_name"),
        **{key: options[key] for key in same},
    )


def _choice(known: Mapping[str, Any], value: str, option: str) -> Any:
    if value not in known:
        raise ValueError(f"{option} must be one of {', '.join(known)}, got {value!r}")
    return known[value]


def _shape(options: Mapping[str, Any]) -> SeriesShape:
    task = options["task_name"]
    return SeriesShape(
        channels=int(options["enc_in"]),
        seq_len=int(options["seq_len"]),
        pred_len=int(options["pred_len"]) if task.endswith("_forecast") else 0,
        time_features=4 if task in ("long_term_forecast", "imputation") else 0,
        classes=int(options["num_class"]) if task == "classification" else 0,
    )


def _state(weights: Mapping[str, Any] | str | Path) -> dict[str, Tensor]:
    loaded = weights if isinstance(weights, Mapping) else _read(Path(weights))
    state: dict[str, Tensor] = {}
    for key, value in loaded.items():
        name = released_name(key.removeprefix("weight/").removeprefix("module."))
        if name is None:
            continue
        if not isinstance(value, Tensor | np.ndarray):
            raise SpecarError(f"released checkpoint: {key} is no tensor; give the state dict of the model")
        state[name] = torch.as_tensor(value)
    return state


def _read(path: Path) -> Mapping[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error) or "it is empty").splitlines()[0]
        raise SpecarError(f"cannot read checkpoint {path}: {reason}") from error
    if not isinstance(state, Mapping):
        raise SpecarError(f"checkpoint {path} is no state dict of a model")
    return state


def _matched(state: dict[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    unknown = [name for name in state if name not in wanted and not _OPTIONAL.search(name)]
    missing = [name for name in wanted if name not in state]
    shapes = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    for problem, names in (("unknown", unknown), ("missing", missing), ("wrongly shaped", shapes)):
        if names:
            raise SpecarError(f"released checkpoint: {problem} parameter {names[0]} ({len(names)} in all)")
    return {name: state[name] for name in wanted}


def released_parameters(model: nn.Module, names: list[str]) -> dict[str, nn.Parameter]:
    """Look up parameters of ``model`` by the authors' names."""
    own = dict(model.named_parameters())
    return {name: own[ours] for name in names if (ours := released_name(name)) in own}
