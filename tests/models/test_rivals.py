"""The paper's rivals against vectors of the code that the paper's numbers come from, and on other sizes."""

from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import torch

from specar.models.released import from_released

CASES = sorted((Path(__file__).parents[1] / "golden" / "rivals").glob("*.npz"))


def load(path):
    arrays = dict(np.load(path))
    part = {
        prefix: {key: value for key, value in arrays.items() if key.startswith(f"{prefix}/")}
        for prefix in ("config", "weight")
    }
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items() if "/" not in key and value.ndim}
    return part, tensors


def run(model, tensors):
    given = {"observed_mask": tensors.get("mask"), "padding_mask": tensors.get("padding_mask")}
    if "future_time_features" in signature(model.forward).parameters and "decoder_input" in tensors:
        given["future_time_features"] = tensors["decoder_time_features"][:, -tensors["output"].shape[1] :]
    return model(tensors["x"], tensors.get("time_features"), **given).output


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_output(path):
    part, tensors = load(path)
    model = from_released(part["weight"], part["config"], path.stem.split("-")[0])
    output = run(model, tensors)
    assert (output - tensors["output"]).norm() <= 1e-5 * tensors["output"].norm()
