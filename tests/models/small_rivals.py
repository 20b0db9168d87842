"""Small networks of the rivals, and inputs of every task for them."""

from inspect import signature

import torch

from specar.models import build_model, spec_of
from specar.models.shape import SeriesShape

WITH_DECODER = ("autoformer", "fedformer", "informer", "nonstationary_transformer", "transformer")
NAMES = (
    *("dlinear", "etsformer", "itransformer", "lightts", "nbeats", "nhits", "patchtst", "pyraformer"),
    *("timesnet", *WITH_DECODER),
)
SMALL = {
    **{"d_model": 16, "n_heads": 4, "e_layers": 2, "d_layers": 2, "d_ff": 20, "dropout": 0.0},
    "windows": [3, 2],
    "width": 16,
    "stacks": [
        {"basis": "trend", "blocks": 2, "width": 16, "shared": True},
        {"basis": "seasonality", "width": 12},
        {"blocks": 2, "width": 16},
    ],
}
SHAPES = [
    SeriesShape(3, 25, 11),
    SeriesShape(1, 12, 6, time_features=0),
    SeriesShape(5, 17),
    SeriesShape(2, 9, time_features=0),
    SeriesShape(3, 13, time_features=0, classes=4),
]
SIZES = [
    (name, shape) for name in NAMES for shape in SHAPES if shape.pred_len or name not in ("nbeats", "nhits")
]


def settings_of(name, **changes):
    spec = spec_of(name)
    known = spec.config.model_fields
    return spec.settings({key: value for key, value in (SMALL | changes).items() if key in known})


def model_of(name, shape, **changes):
    return build_model(name, settings_of(name, **changes), shape)


def inputs_of(model, shape, batch=3):
    x, given = torch.randn(batch, shape.seq_len, shape.channels), {}
    if shape.time_features:
        given["time_features"] = torch.rand(batch, shape.seq_len, shape.time_features) - 0.5
        if not shape.pred_len:
            given["observed_mask"] = (torch.rand(x.shape) > 0.3).float()
            x = x * given["observed_mask"]
        elif "future_time_features" in signature(model.forward).parameters:
            given["future_time_features"] = torch.rand(batch, shape.pred_len, shape.time_features) - 0.5
    if shape.classes:
        given["padding_mask"] = (torch.arange(shape.seq_len) < shape.seq_len - 3).float().expand(batch, -1)
    return x, given
