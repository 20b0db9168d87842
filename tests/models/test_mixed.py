"""A branch that mixes channels before the transform computes what the convolution of planes does."""

import copy
import importlib
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from specar import SpecARBlock
from specar.models import build_model
from specar.models.shape import SeriesShape
from specar.models.specar import block as blocks
from specar.models.specar import mixed
from specar.models.specar.config import SpecARConfig
from specar.models.specar.spectrogram import Spectrogram


@pytest.fixture(autouse=True)
def in_double_precision():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def results(block, x, first):
    """Output and all gradients, with channels mixed ``first`` or in planes."""
    x = x.detach().clone().requires_grad_()
    block.zero_grad(set_to_none=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "mixed_work", lambda *sizes: object() if first else None)
        y = block(x)
        (y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum().backward()
    return [y.detach(), x.grad, *(one.grad for one in block.parameters() if one.requires_grad)]


@settings(max_examples=60, deadline=None)
@given(
    steps=st.integers(1, 40), examples=st.integers(1, 3), d_model=st.integers(1, 4),
    window=st.integers(2, 17), longer=st.integers(0, 4), sides=st.sampled_from(["one", "two"]),
    dilations=st.lists(st.integers(1, 25), min_size=2, max_size=2),
    transform=st.sampled_from(["stft", "stft", "cwt"]),
)  # fmt: skip
def test_output_and_gradients(steps, examples, d_model, window, longer, sides, dilations, transform):
    """Any length of the series beside window and dilation: ends, where a kernel lacks a side or both."""
    block = SpecARBlock(
        d_model, conv_layers=2, dilations=dilations, window_length=window, n_fft=window + longer,
        sides=sides, transform=transform,
    )  # fmt: skip
    x = torch.randn(examples, steps, d_model)
    found, expected = (results(block, x, first) for first in (True, False))
    torch.testing.assert_close(found, expected, atol=1e-11, rtol=1e-9)


@pytest.mark.parametrize("dilation", [1, 2, 7])
def test_gradients_can_be_differentiated_again(dilation, monkeypatch):
    monkeypatch.setattr(blocks, "mixed_work", lambda *sizes: object())
    block = SpecARBlock(2, conv_layers=1, dilations=[dilation], window_length=4)
    x = torch.randn(1, 6, 2, requires_grad=True)
    weight = block.branches[0].real.weight

    def of_both(x, weight):
        return torch.func.functional_call(block, {"branches.0.real.weight": weight}, (x,))

    assert torch.autograd.gradcheck(of_both, (x, weight))
    assert torch.autograd.gradgradcheck(of_both, (x, weight))


@pytest.mark.parametrize("wanted", ["x", "weights", "bias"])
def test_only_the_gradients_that_are_wanted(wanted):
    block = SpecARBlock(8, window_length=4)
    x = torch.randn(2, 12, 8)
    expected = results(block, x, False)
    for name, one in block.named_parameters():
        one.requires_grad_(wanted == "weights" or (wanted == "bias" and name.endswith("bias")))
    torch.testing.assert_close(results(block, x, True)[:2], expected[:2])


def test_in_bf16_as_near_as_planes():
    torch.set_default_dtype(torch.float32)
    block, x = SpecARBlock(16), torch.randn(4, 40, 16)
    exact = results(block, x, False)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        errors = [
            [float((a - b).norm() / b.norm()) for a, b in zip(results(block, x, first), exact, strict=True)]
            for first in (True, False)
        ]
    assert all(one < 1.5 * other + 1e-3 for one, other in zip(*errors, strict=True)), errors


def test_it_is_what_the_defaults_use(monkeypatch):
    seen = []
    monkeypatch.setattr(blocks, "mean_of_mixed", lambda *given: seen.append(1) or mixed.mean_of_mixed(*given))
    SpecARBlock(64)(torch.randn(2, 20, 64))
    assert len(seen) == 3
    for settings_of in ({"phase": "absolute"}, {"backbone": "DCN"}, {"architecture": "released"}):
        SpecARBlock(64, **settings_of)(torch.randn(2, 20, 64))
    assert len(seen) == 3


def test_who_looks_at_planes_sees_them():
    block, x, seen = SpecARBlock(8, window_length=4), torch.randn(2, 12, 8), []
    expected = block(x)
    block.branches[1].register_forward_hook(lambda module, given, output: seen.append(output.shape))
    torch.testing.assert_close(block(x), expected)
    assert seen == [(2, 16, 3, 12)]


def test_evaluation_first_then_training_and_an_empty_batch():
    block, x = SpecARBlock(8, window_length=4), torch.randn(2, 12, 8)
    with torch.inference_mode():
        expected = block(x).clone()
    torch.testing.assert_close(results(block, x, True)[0], expected)
    block.zero_grad()
    block(torch.randn(0, 12, 8)).sum().backward()
    assert not block.branches[0].real.weight.grad.any()


def test_what_is_kept_is_bounded_and_not_copied(monkeypatch):
    monkeypatch.setattr(mixed, "_KEPT", 20_000)
    block = SpecARBlock(8, window_length=4)
    for steps in range(1, 60):
        block(torch.randn(1, steps, 8))
    kept = block.spectrogram.kept
    assert sum(taps.size for taps in kept.values()) < 30_000
    assert [steps for steps, *_ in kept].count(59) == 3
    assert len(pickle.dumps(block)) < 60_000
    assert not copy.deepcopy(block).spectrogram.kept


@pytest.mark.parametrize("style", ["paper", "released"])
def test_another_transform_is_used(style):
    block, x = SpecARBlock(32, window_length=4), torch.randn(2, 12, 32)
    block(x)
    block.spectrogram = Spectrogram("rectangle", 4, style=style)
    found = block(x)
    block.mix_first = False
    torch.testing.assert_close(found, block(x))


@pytest.mark.parametrize("hook", ["forward_pre_hook", "full_backward_hook"])
def test_other_hooks_are_called(hook):
    block, seen = SpecARBlock(8, window_length=4), []
    getattr(block.branches[0], f"register_{hook}")(lambda *given: seen.append(1) and None)
    block(torch.randn(2, 12, 8, requires_grad=True)).sum().backward()
    assert seen == [1]


def test_without_values():
    block, x = SpecARBlock(32, window_length=4), torch.randn(2, 12, 32)
    block(x)
    assert block.to("meta")(x.to("meta")).shape == x.shape


@pytest.mark.parametrize("transform", ["stft", "cwt"])
@pytest.mark.parametrize("window", [4, 16, 64])
@pytest.mark.parametrize("steps", [8, 36, 200])
def test_what_is_counted_is_what_is_computed(transform, window, steps, monkeypatch):
    work = importlib.import_module("specar.models.specar.work")  # its package has a function of that name
    asked, answer = [], work.mixed_work
    for module in (blocks, work):
        monkeypatch.setattr(module, "mixed_work", lambda *sizes: asked.append(sizes) or answer(*sizes))
    config = SpecARConfig(d_model=32, window_length=window, transform=transform)
    block = SpecARBlock(32, window_length=window, transform=transform)
    block(torch.randn(1, steps, 32))
    computed, asked[:] = list(asked), []
    work.block_work(config, steps)
    assert asked == computed
    assert len(asked) == 3


def test_planes_on_request():
    block, x = SpecARBlock(8, window_length=4), torch.randn(2, 12, 8)
    expected = results(block, x, False)
    block.mix_first = False
    assert all(map(torch.equal, results(block, x, True), expected))


@pytest.mark.parametrize(("steps", "dilation", "rows", "columns"), [(6, 3, 1, 3), (9, 1, 3, 3), (3, 5, 1, 1)])
def test_weights_that_only_meet_padding_have_no_gradient(steps, dilation, rows, columns):
    block = SpecARBlock(4, conv_layers=1, dilations=[dilation], window_length=4)  # 3 bins
    results(block, torch.randn(3, steps, 4), True)
    for part in (block.branches[0].real, block.branches[0].imag):
        reached = part.weight.grad.abs().amax(dim=(0, 1)) > 0
        assert reached.sum() == rows * columns
        assert reached[1, 1]


@pytest.mark.parametrize("mix_first", [True, False])
def test_a_model_is_built_for_either_order(mix_first):
    config = SpecARConfig(d_model=8, window_length=4)
    model = build_model("specar", config, SeriesShape(channels=2, seq_len=12, pred_len=4), mix_first)
    assert [block.mix_first for block in model.blocks] == [mix_first] * config.e_layers
