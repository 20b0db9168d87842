"""The paper's rivals against vectors of the code that the paper's numbers come from, and on other sizes."""

import re
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from specar.base.errors import SpecarError
from specar.models import build_model, spec_of
from specar.models.etsformer.net import Smoothing
from specar.models.pyraformer.net import nodes
from specar.models.released import from_released
from specar.models.shape import SeriesShape
from specar.models.timesnet.net import Inception, TimesBlock

from .small_rivals import SHAPES, SIZES, WITH_DECODER, inputs_of, model_of, settings_of

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


def test_all_cases_are_there():
    assert len(CASES) == 10 * 4


# What is left of a series after its last season and growth, or its last block; maps whose values no frequency
# needs.
UNUSED = {
    "etsformer": r"^layers\.1\.(ff|norm1|norm2)\.",
    "nbeats": r"^blocks\.4\.backcast\.",
    "nhits": r"^blocks\.2\.1\.backcast\.",
    "fedformer": r"(attention\.key|attention\.value|cross\.value)\.",
}


@pytest.mark.parametrize(("name", "shape"), SIZES, ids=str)
def test_every_task_of_any_size_can_be_trained(name, shape):
    torch.manual_seed(0)
    model = model_of(name, shape, dropout=0.2)
    x, given = inputs_of(model, shape)
    model(x, **given).output.square().mean().backward()
    for parameter, values in model.named_parameters():
        assert (values.grad is None) == bool(re.search(UNUSED.get(name, "(?!)"), parameter)), parameter
        assert values.grad is None or values.grad.isfinite().all()


@pytest.mark.parametrize("name", WITH_DECODER)
def test_a_decoder_may_have_a_single_step(name):
    shape = SeriesShape(3, 25, 1)
    model = model_of(name, shape, label_len=0, moving_avg=5)
    x, given = inputs_of(model, shape)
    output = model(x, **given).output
    assert output.shape == (3, 1, 3)
    assert output.isfinite().all()


@pytest.mark.parametrize(
    ("name", "shape"), [one for one in SIZES if one[0] != "timesnet" and one[1] in SHAPES[:3]], ids=str
)
def test_an_output_does_not_depend_on_its_batch(name, shape):
    model = model_of(name, shape).eval()
    x, given = inputs_of(model, shape)
    alone = model(x[1:2], **{key: values[1:2] for key, values in given.items()}).output
    torch.testing.assert_close(model(x, **given).output[1:2], alone, rtol=1e-4, atol=1e-5)


def test_timesnet_takes_the_period_of_most_of_the_batch():
    assert spec_of("timesnet").batch_dependent is True
    block, steps = TimesBlock(settings_of("timesnet", top_k=1)), torch.arange(24) * torch.pi / 12
    weak, strong = (
        size * torch.sin(number * steps)[:, None].expand(24, 16) for size, number in ((1, 3), (5, 6))
    )
    found = block(torch.stack([weak, strong]))
    torch.testing.assert_close(found[1], block(strong[None])[0])
    assert not torch.allclose(found[0], block(weak[None])[0], rtol=1e-2, atol=1e-2)


def complex_as_four(a, b, *, out_val, **_):
    """Operations of a batch of products; a complex one is four real ones."""
    return 2 * a.shape[0] * a.shape[1] * a.shape[2] * b.shape[2] * (4 if a.is_complex() else 1)


complex_as_four._get_raw = True


@pytest.mark.parametrize(("name", "shape"), SIZES, ids=str)
def test_work_is_what_torch_counts(name, shape):
    config = settings_of(name, num_kernels=1, top_k=99)  # all frequencies, so that data do not decide
    model = build_model(name, config, shape)
    (x, given), products = inputs_of(model, shape, 1), {torch.ops.aten.bmm: complex_as_four}
    with sdpa_kernel(SDPBackend.MATH):
        with FlopCounterMode(display=False, custom_mapping=products) as forward:
            loss = model(x, **given).output.sum()
        with FlopCounterMode(display=False, custom_mapping=products) as backward:
            loss.backward()
    counted = spec_of(name).work(config, shape)
    assert counted.forward == forward.get_total_flops() / 2
    assert counted.training == counted.forward + backward.get_total_flops() / 2
    assert counted.elements > shape.seq_len * (config.d_model if name in WITH_DECODER else 1)


def test_work_of_larger_kernels_leaves_out_what_pads_a_plane():
    """30 steps and the lowest three frequencies: planes of 1 x 30, 2 x 15 and 3 x 10."""
    small, large = (settings_of("timesnet", num_kernels=number, top_k=3) for number in (1, 3))
    counted = [spec_of("timesnet").work(config, SeriesShape(2, 30)).forward for config in (small, large)]
    ones = [torch.ones(1, 1, *plane) for plane in ((1, 30), (2, 15), (3, 10))]
    taps = sum(F.conv2d(plane, torch.ones(1, 1, 5, 5), padding=2).sum() for plane in ones)
    assert counted[1] - counted[0] == 2 * 2 * 16 * 20 * (int(taps) - 90)


@pytest.mark.parametrize("plane", [(1, 7), (8, 24), (50, 3), (2, 2)])
def test_averaged_kernels_are_one_kernel(plane):
    inception = Inception(3, 4, 6).double()
    x = torch.randn(2, 3, *plane, dtype=torch.double, requires_grad=True)
    plain = [F.conv2d(x, one.weight, one.bias, padding=size) for size, one in enumerate(inception.kernels)]
    variables, weight = [x, *inception.parameters()], torch.randn(2, 4, *plane, dtype=torch.double)
    found = [
        (output, torch.autograd.grad((output * weight).sum(), variables))
        for output in (inception(x), torch.stack(plain).mean(0))
    ]
    torch.testing.assert_close(*found)


def test_the_pyramid_by_hand():
    """7 steps in windows of 3: two nodes above, of which the last has the seventh step as well."""
    mask, above = nodes([7, 2], [3], inner_size=3)
    assert above.tolist() == [[0, 7], [1, 7], [2, 7], [3, 8], [4, 8], [5, 8], [6, 8]]
    assert mask[6].tolist() == [False] * 5 + [True, True, False, True]
    assert mask[8].tolist() == [False] * 3 + [True] * 6
    with pytest.raises(SpecarError, match="9 steps are too few"):
        build_model("pyraformer", settings_of("pyraformer", windows=[4, 4]), SHAPES[3])


def test_smoothing_by_hand():
    """Decay 1/2, start 4: 4/2 + 2/2 = 3, then 3/2 + 6/2 = 4.5; growth 8 and 8 are a quarter and a half."""
    smoothing = Smoothing(1, 1, 0.0)
    with torch.no_grad():
        smoothing.decay.fill_(0.0)
        smoothing.v0.fill_(4.0)
    values = torch.tensor([2.0, 6.0]).view(1, 2, 1, 1)
    torch.testing.assert_close(smoothing(values).flatten(), torch.tensor([3.0, 4.5]))
    growing = smoothing(values, torch.full((1, 2, 1, 1), 8.0)).flatten()
    torch.testing.assert_close(growing, torch.tensor([5.0, 8.5]))


@pytest.mark.parametrize("name", ["Stationary", "nonstationary", "Non-stationary Transformer"])
def test_a_model_is_loaded_by_any_of_its_names(name):
    part, tensors = load(next(path for path in CASES if path.stem == "nonstationary_transformer-imputation"))
    assert run(from_released(part["weight"], part["config"], name), tensors).isfinite().all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("Reformer", {}, "no model 'Reformer'"),
        ("parts", {}, "no model 'parts'"),
        ("TimesNet", {"top_k": None}, "lacks 'top_k'"),
        ("times-net", {"activation": "relu"}, "activation must be gelu"),
    ],
)
def test_what_cannot_be_loaded_is_said(name, options, message):
    part, _ = load(next(path for path in CASES if path.stem == "timesnet-imputation"))
    changed = {**part["config"], **{f"config/{key}": value for key, value in options.items()}}
    with pytest.raises(SpecarError, match=message):
        from_released(part["weight"], changed, name)
