"""The `released` architecture against vectors from the authors' own code."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from specar.base.errors import SpecarError
from specar.models.released import from_released, released_parameters

CASES = sorted((Path(__file__).parents[1] / "golden").glob("*.npz"))


def load(path):
    arrays = dict(np.load(path))
    part = {
        prefix: {key: value for key, value in arrays.items() if key.startswith(f"{prefix}/")}
        for prefix in ("config", "weight", "grad_of_loss")
    }
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items() if "/" not in key and value.ndim}
    return part, tensors, float(arrays["loss_mean_square"])


def relative_error(value, expected):
    return float((value.detach() - expected).norm() / expected.norm())


def run(model, tensors):
    return model(
        tensors["x"],
        time_features=tensors.get("time_features"),
        observed_mask=tensors.get("mask"),
        padding_mask=tensors.get("padding_mask"),
    )


def test_all_cases_are_there():
    assert len(CASES) == 6


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_output_order_values_and_gradients(path):
    part, tensors, expected_loss = load(path)
    model = from_released(part["weight"], part["config"])
    out = run(model, tensors)
    assert relative_error(out.output, tensors["output"]) < 1e-5
    if "order_values" in tensors:
        assert relative_error(out.order_values, tensors["order_values"]) < 1e-5
    else:
        assert out.order_values is None
    assert relative_error(model.blocks[0](tensors["block_input"]), tensors["block_output"]) < 1e-5

    loss = out.output.square().mean()
    assert loss.item() == pytest.approx(expected_loss, rel=1e-5)
    loss.backward()
    gradients = {
        key.removeprefix("grad_of_loss/"): torch.from_numpy(v) for key, v in part["grad_of_loss"].items()
    }
    parameters = released_parameters(model, list(gradients))
    assert set(parameters) == set(gradients)
    largest = max(gradient.norm() for gradient in gradients.values())
    for name, gradient in gradients.items():
        # A shift of all channels disappears in the LayerNorm: such gradients are zero but for rounding.
        vanishing = gradient.norm() < 1e-4 * largest
        bound = 1e-5 * largest if vanishing else 1e-4 * gradient.norm()
        assert (parameters[name].grad - gradient).norm() < bound, name
    assert sum(gradient.norm() < 1e-4 * largest for gradient in gradients.values()) <= 2


@pytest.fixture
def case():
    return load(CASES[0])


def test_loads_from_a_checkpoint_file_with_data_parallel_names(case, tmp_path):
    part, tensors, _ = case
    state = {
        f"module.{key.removeprefix('weight/')}": torch.from_numpy(v) for key, v in part["weight"].items()
    }
    torch.save(state, tmp_path / "checkpoint.pth")
    model = from_released(tmp_path / "checkpoint.pth", part["config"])
    assert relative_error(run(model, tensors).output, tensors["output"]) < 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop("weight/projection.weight"), "missing parameter head.weight"),
        (lambda weights: weights.update({"weight/extra": np.zeros(3)}), "unknown parameter extra"),
        (
            lambda weights: weights.update({"weight/projection.bias": np.zeros(3)}),
            "wrongly shaped parameter head.bias",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(case, change, message):
    part, _, _ = case
    change(part["weight"])
    with pytest.raises(SpecarError, match=message):
        from_released(part["weight"], part["config"])


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("d_model", None, "lacks 'd_model'"),
        ("backbone", "Complex", "backbone must be one of .*, got 'Complex'"),
        ("task_name", "forecast", "task_name must be one of"),
        ("win_func", "hann", "window: Input should be 'hanning'"),
        ("n_fft", 4, "n_fft 4 is shorter"),
        ("seq_len", "many", "invalid literal"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(case, option, value, message):
    part, _, _ = case
    part["config"][f"config/{option}"] = value
    with pytest.raises(SpecarError, match=message) as caught:
        from_released(part["weight"], part["config"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("convert", [dict, lambda options: argparse.Namespace(**options)])
def test_options_as_the_authors_program_has_them(case, convert):
    part, tensors, _ = case
    options = {key.removeprefix("config/"): value.item() for key, value in part["config"].items()}
    options.update(label_len=48, gpu=0, devices="0,1", des=np.zeros(3))  # of no interest here
    model = from_released(part["weight"], convert(options))
    assert relative_error(run(model, tensors).output, tensors["output"]) < 1e-5


def test_the_embedding_alone(case):
    part, tensors, _ = case
    part["config"]["config/backbone"] = "Embed"
    weights = {key: value for key, value in part["weight"].items() if "/model." not in key}
    model = from_released(weights, part["config"])
    assert not model.blocks
    assert run(model, tensors).output.shape == tensors["output"].shape


@pytest.mark.parametrize("value", [[1, 2], {"state_dict": {"a": torch.zeros(1)}}])
def test_a_checkpoint_of_another_kind_is_refused(case, tmp_path, value):
    torch.save(value, tmp_path / "checkpoint.pth")
    with pytest.raises(SpecarError, match="state dict of"):
        from_released(tmp_path / "checkpoint.pth", case[0]["config"])


def test_a_file_that_is_no_checkpoint_is_refused(case, tmp_path):
    (tmp_path / "checkpoint.pth").write_bytes(b"not a checkpoint")
    with pytest.raises(SpecarError, match="cannot read checkpoint"):
        from_released(tmp_path / "checkpoint.pth", case[0]["config"])
