"""Complex convolution, gate, aggregation and the block as a module of other networks."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from specar.models.specar.block import SpecARBlock, gate
from specar.models.specar.complex_conv import ComplexConv2d
from specar.models.specar.spectrogram import WINDOWS


def complex_planes(x):
    real, imag = x.chunk(2, dim=1)
    return torch.complex(real, imag)


@pytest.mark.parametrize("dilation", [1, 2, 5])
@pytest.mark.parametrize("kernel_size", [1, 3])
def test_complex_convolution_is_torchs(dilation, kernel_size):
    conv = ComplexConv2d(3, 5, kernel_size, dilation)
    x = torch.randn(2, 6, 7, 9)
    weight = torch.complex(conv.real.weight, conv.imag.weight)
    bias = torch.complex(conv.real.bias - conv.imag.bias, conv.real.bias + conv.imag.bias)
    expected = nn.functional.conv2d(complex_planes(x), weight, bias, padding=conv.padding, dilation=dilation)
    torch.testing.assert_close(complex_planes(conv(x)), expected, atol=1e-5, rtol=1e-4)


def test_dual_channel_has_no_cross_terms():
    conv = ComplexConv2d(3, 5, dual_channel=True)
    x = torch.randn(2, 6, 7, 9)
    real, imag = conv(x).chunk(2, dim=1)
    torch.testing.assert_close(
        real, nn.functional.conv2d(x[:, :3], conv.real.weight, conv.real.bias, padding=1)
    )
    torch.testing.assert_close(
        imag, -nn.functional.conv2d(x[:, 3:], conv.imag.weight, conv.imag.bias, padding=1)
    )


def test_the_gate_in_complex_numbers():
    x = torch.randn(2, 3, 2, 4, 6)
    z = torch.complex(x[:, :, 0], x[:, :, 1])
    q = z @ z.transpose(-1, -2)
    expected = torch.complex(q.real.sigmoid(), q.imag.sigmoid()) @ z
    result = gate(x)
    torch.testing.assert_close(
        torch.complex(result[:, :, 0], result[:, :, 1]), expected, atol=1e-5, rtol=1e-4
    )


@settings(max_examples=30, deadline=None)
@given(
    steps=st.integers(2, 24), length=st.integers(2, 40), window=st.sampled_from(WINDOWS),
    sides=st.sampled_from(["one", "two"]), branch=st.sampled_from(["single", "bottleneck"]),
    architecture=st.sampled_from(["paper", "released"]), backbone=st.sampled_from(["MCN", "DCN"]),
    hop=st.integers(1, 4),
)  # fmt: skip
def test_every_setting_keeps_the_shape(steps, length, window, sides, branch, architecture, backbone, hop):
    block = SpecARBlock(
        6, 4, architecture=architecture, backbone=backbone, conv_layers=2, window=window,
        window_length=length, hop_length=hop, sides=sides, branch=branch, steps=steps,
    )  # fmt: skip
    x = torch.randn(2, steps, 6, requires_grad=True)
    y = block(x)
    assert y.shape == x.shape
    y.sum().backward()
    assert torch.isfinite(x.grad).all()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in block.parameters())


def test_the_paper_block_from_its_equations():
    block = SpecARBlock(4, conv_layers=3, window_length=6)
    x = torch.randn(2, 12, 4)
    spectrum = block.spectrogram(x.transpose(1, 2))
    z = torch.complex(spectrum[:, :, 0], spectrum[:, :, 1])  # (B, M, F, T)
    branches = []
    for k, conv in enumerate(block.branches):
        weight = torch.complex(conv.real.weight, conv.imag.weight)
        bias = torch.complex(conv.real.bias - conv.imag.bias, conv.real.bias + conv.imag.bias)
        d = 2 * k + 1  # Eq. 6, counted from 0
        y = nn.functional.conv2d(z, weight, bias, padding=d, dilation=d)
        branches.append(torch.complex(y.real.relu(), y.imag.relu()))
    mean = torch.stack(branches).mean(dim=0)
    real = block.to_real(torch.stack([mean.real, mean.imag], dim=-1)).squeeze(-1)  # Eq. 4
    expected = real.mean(dim=2).transpose(1, 2) + x  # mean over F, Eq. 2
    torch.testing.assert_close(block(x), expected, atol=1e-5, rtol=1e-4)


def test_residual_is_a_setting():
    x = torch.randn(2, 12, 4)
    block = SpecARBlock(4)
    with_residual = block(x)
    block.residual = False
    torch.testing.assert_close(with_residual - x, block(x), atol=1e-5, rtol=1e-4)


def test_drops_into_another_network_and_takes_any_length():
    network = nn.Sequential(
        nn.Linear(3, 8), SpecARBlock(8, window_length=4), nn.ReLU(), SpecARBlock(8), nn.Linear(8, 1)
    )
    for steps in (5, 30):
        assert network(torch.randn(2, steps, 3)).shape == (2, steps, 1)


def test_samples_do_not_see_each_other():
    block = SpecARBlock(4, architecture="released", window_length=6)
    x = torch.randn(5, 12, 4)
    torch.testing.assert_close(block(x)[2:3], block(x[2:3]), atol=1e-6, rtol=1e-5)


def test_hop_length_needs_the_number_of_steps():
    with pytest.raises(ValueError, match="needs the number of steps"):
        SpecARBlock(4, hop_length=2)


def test_given_dilations_are_used():
    assert [branch.dilation for branch in SpecARBlock(4, conv_layers=2, dilations=[3, 5]).branches] == [3, 5]
    assert [branch.dilation for branch in SpecARBlock(4, conv_layers=4).branches] == [1, 3, 5, 7]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"architecture": "Released"}, "architecture must be one of paper, released"),
        ({"backbone": "Embed"}, "backbone must be one of MCN, DCN"),
        ({"branch": "double"}, "branch must be one of"),
        ({"sides": "both"}, "sides 'both'"),
        ({"hop_length": 0, "steps": 8}, "hop_length 0"),
        ({"conv_layers": 3, "dilations": [1, 2]}, "dilations needs 3 values"),
        ({"conv_layers": 0}, "conv_layers must be at least 1"),
        ({"window": "kaiser"}, "unknown window"),
        ({"window_length": 1}, "2 <= window_length"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        SpecARBlock(4, **settings)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_shortest_window_still_passes_information(window):
    block = SpecARBlock(4, window=window, window_length=2, residual=False)
    assert not torch.allclose(block(torch.randn(1, 8, 4)), block(torch.zeros(1, 8, 4)))
