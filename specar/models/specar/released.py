"""The names and options of the authors' code, for `specar.models.released`. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specar.models.specar.config import SpecARConfig

# The authors' parameter names on the left, ours on the right.
RELEASED = (
    (r"position_embedding|single_ComplexConv_dila0|\.window$", None),  # buffers, and a tensor's second name
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
# Parameters, by our names, that the authors' code creates for every task but uses only for some.
RELEASED_UNUSED = r"^(order_head|embedding\.time|extend|norms)\.|\.to_steps\."
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


def released_config(options: Mapping[str, Any]) -> SpecARConfig:
    """Return the settings that the options of the authors' program stand for."""
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
